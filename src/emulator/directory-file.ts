import { readFileSync } from 'node:fs';
import type { DirectoryInput } from './directory.ts';

const texts = new Set(['identityHeader', 'scriptedUser', 'tokenExchangeAudience']);

/** @throws Error that names the file and what is wrong with it */
export function readDirectory(path: string): DirectoryInput {
  const refuse = (reason: string, cause?: unknown): Error =>
    new Error(`The directory file ${path} can't be used: ${reason}`, { cause });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw refuse('it is no JSON object.');
  const required: Record<string, readonly string[]> = {
    tenants: ['id', 'name', 'domains'],
    users: ['id', 'userPrincipalName', 'displayName'],
    applications: ['id', 'name'],
    consents: ['client', 'scopes'],
    managedIdentities: ['clientId', 'objectId', 'name', 'tenant', 'type', 'resourceId'],
  };
  for (const [key, value] of Object.entries(content)) {
    const members = required[key];
    if (!members) {
      if (texts.has(key)) continue;
      throw refuse(`it has '${key}', which no directory has.`);
    }
    if (!Array.isArray(value)) throw refuse(`'${key}' is no list.`);
    value.forEach((item: Record<string, unknown> | null, index) => {
      const mistake = mistakeIn(key, item ?? {});
      if (mistake) throw refuse(`${key}[${index}] ${mistake}`);
      const missing = members.find((member) => item?.[member] === undefined);
      if (missing) throw refuse(`${key}[${index}] has no '${missing}'.`);
    });
  }
  return content;
}

/** What can't be so in Entra, and would be a riddle when tokens are asked for. */
function mistakeIn(key: string, item: Record<string, unknown>): string | undefined {
  // An agent's user account has none
  if (key === 'users' && item['password'] === undefined && item['agentIdentities'] === undefined) {
    return "has no 'password'.";
  }
  if (key !== 'applications' || item['blueprint'] === undefined) return undefined;
  const forbidden = ['secrets', 'certificates', 'federatedCredentials', 'publicClient', 'isBlueprint', 'redirectUris'];
  const found = forbidden.find((member) => item[member] !== undefined);
  return found && `is an agent identity (it has 'blueprint'), which can't have '${found}'.`;
}
