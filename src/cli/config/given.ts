import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { quoted, shortened } from '../../protocol/quoted.ts';
import { TokenError } from '../../protocol/token-error.ts';
import {
  authMethods,
  federatedTokenSources,
  profileFlows,
  type AuthMethod,
  type FederatedTokenSource,
  type ProfileFlow,
} from '../../profile/profile.ts';
import type { FieldName } from '../../profile/profile-fields.ts';
import { scopesIn } from '../scopes.ts';
import type { Shell } from '../shell.ts';
import { defined, type Draft } from './draft.ts';
import { fieldNames, fields, type secretNames } from './fields.ts';
import { readSecret, readText, refuseSecretArgument, refuseSharedInput, standardInput } from './secret-input.ts';
import { flowAliases, wordOf } from './spelling.ts';

/** What `config create` and `config edit` take from the command line. */
export interface ProfileOptions {
  readonly authMethod?: AuthMethod;
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly scope?: readonly string[];
  readonly flow?: ProfileFlow;
  readonly redirectUri?: string;
  readonly certificate?: string;
  readonly cacheCertificatePassword?: true;
  readonly authority?: string;
  readonly federatedTokenSource?: FederatedTokenSource;
  readonly federatedTokenFile?: string;
  readonly serviceConnectionId?: string;
  readonly fromFile?: string;
  readonly clientSecretFile?: string;
  readonly certificatePasswordFile?: string;
  /** Typed by mistake. */
  readonly clientSecret?: string;
  /** Typed by mistake. */
  readonly certificatePassword?: string;
  /** False with --no-input. */
  readonly input: boolean;
}

/**
 * What the options and their files say, the options before `--from-file`.
 * @throws TokenError InvalidParameter, InvalidParameterCombination
 */
export async function given(options: ProfileOptions, shell: Shell): Promise<Draft> {
  refuseSecretArgument(options.clientSecret, 'a client secret', '--client-secret');
  refuseSecretArgument(options.certificatePassword, 'a password', '--certificate-password');
  const { fromFile, clientSecretFile, certificatePasswordFile } = options;
  refuseSharedInput({
    '--from-file': fromFile,
    '--client-secret-file': clientSecretFile,
    '--certificate-password-file': certificatePasswordFile,
  });
  const file = fromFile === undefined ? {} : await readDraft(fromFile, shell);
  const clientSecret = clientSecretFile && (await readSecretOf('clientSecret', clientSecretFile, options, shell));
  const certificatePassword =
    certificatePasswordFile && (await readSecretOf('certificatePassword', certificatePasswordFile, options, shell));
  const typed = {
    authMethod: options.authMethod,
    tenantId: options.tenantId,
    clientId: options.clientId,
    scopes: options.scope,
    defaultFlow: options.flow,
    redirectUri: options.redirectUri,
    certificatePath: options.certificate,
    cacheCertificatePassword: options.cacheCertificatePassword,
    authority: options.authority,
    federatedTokenSource: options.federatedTokenSource,
    federatedTokenFile: options.federatedTokenFile,
    serviceConnectionId: options.serviceConnectionId,
    clientSecret,
    certificatePassword,
  };
  const draft: Draft = { ...file, ...defined(typed) };
  return {
    ...draft,
    ...wholePath(draft, 'certificatePath', shell),
    ...wholePath(draft, 'federatedTokenFile', shell),
    // Who gives a password wants it stored.
    ...(draft.certificatePassword === undefined ? {} : { cacheCertificatePassword: true }),
  };
}

/**
 * A file's place from the current folder, `~` being the home folder.
 * @throws TokenError InvalidParameter where there is no current folder
 */
export function wholePathOf(path: string, { environment }: Shell): string {
  const ofHome = /^~[\\/]/.test(path);
  const home = ofHome ? (environment['HOME'] ?? environment['USERPROFILE'] ?? homedir()) : '';
  try {
    return resolve(ofHome ? join(home, path.slice(2)) : path);
  } catch (cause) {
    throw new TokenError(
      'InvalidParameter',
      `'${path}' can't be found from here: the current folder is gone. Give the whole path.`,
      { cause },
    );
  }
}

function readSecretOf(
  name: (typeof secretNames)[number],
  file: string,
  { input }: ProfileOptions,
  shell: Shell,
): Promise<string> {
  const { what, option } = fields[name];
  return readSecret(file, what, option, shell, input);
}

/** A profile as JSON, with its secrets. What is null is not given. */
async function readDraft(file: string, shell: Shell): Promise<Draft> {
  const text = await readText(file, 'the profile', '--from-file', shell);
  const place = file === standardInput ? 'Standard input' : `The file '${file}'`;
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${place} has no profile. Write one JSON object: {"authMethod": "...", "tenantId": "...", ...}.`);
  }
  const known: readonly string[] = ['name', ...fieldNames];
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalid(
      `${place} has ${shortened(unknown.join(', '))}, which no profile has. A profile has ${known.join(', ')}.`,
    );
  }
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(entries.map(([name, one]) => [name, fromJson(name as FieldName, one, place)]));
}

function fromJson(name: FieldName | 'name', value: unknown, place: string): unknown {
  if (name === 'scopes') return typeof value === 'string' ? scopesIn(value) : value;
  if (name === 'cacheCertificatePassword') return value;
  if (typeof value !== 'string') throw invalid(`${place}: ${name} is no text. Write it in quotes.`);
  const word = words[name];
  if (!word) return value;
  try {
    return word(value);
  } catch (cause) {
    throw invalid(`${place}: ${name} is ${quoted(value)}. ${(cause as Error).message}`, cause);
  }
}

const words: Readonly<Partial<Record<FieldName | 'name', (text: string) => string>>> = {
  authMethod: wordOf(authMethods),
  defaultFlow: wordOf(profileFlows, flowAliases),
  federatedTokenSource: wordOf(federatedTokenSources),
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse's own message would quote from the text, which may hold a secret.
    return undefined;
  }
}

function invalid(message: string, cause?: unknown): TokenError {
  return new TokenError('InvalidParameter', message, { parameter: '--from-file', cause });
}

function wholePath(draft: Draft, name: 'certificatePath' | 'federatedTokenFile', shell: Shell): Draft {
  const path = draft[name];
  return path ? { [name]: wholePathOf(path, shell) } : {};
}
