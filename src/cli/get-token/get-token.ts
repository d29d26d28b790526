import type { OutputFormat } from './output-formats.ts';
import { printToken } from './output.ts';
import { profileToken } from './profile-token.ts';
import type { Shell } from '../shell.ts';
import type { FlowName } from '../../token/profile-token.ts';

interface GetTokenOptions {
  readonly profile: string;
  readonly scope?: readonly string[];
  readonly flow?: FlowName;
  readonly output: OutputFormat;
  readonly file?: string;
  readonly force?: true;
  readonly cache: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

export async function getToken(options: GetTokenOptions, shell: Shell): Promise<void> {
  const { profile, flow, cache, timeout } = options;
  const request = {
    scopes: options.scope,
    flow,
    force: options.force === true,
    cache,
    signIn: true,
    timeout,
  };
  await printToken(await profileToken(profile, request, shell), options, shell);
}
