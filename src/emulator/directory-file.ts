import { readFileSync } from 'node:fs';
import type { DirectoryInput } from './directory.ts';

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
    users: ['id', 'userPrincipalName', 'password', 'displayName'],
    applications: ['id', 'name'],
    managedIdentities: ['clientId', 'objectId', 'name', 'tenant', 'type', 'resourceId'],
  };
  for (const [key, value] of Object.entries(content)) {
    const members = required[key];
    if (!members) {
      if (key === 'identityHeader' || key === 'scriptedUser') continue;
      throw refuse(`it has '${key}', which no directory has.`);
    }
    if (!Array.isArray(value)) throw refuse(`'${key}' is no list.`);
    value.forEach((item: Record<string, unknown> | null, index) => {
      const missing = members.find((member) => item?.[member] === undefined);
      if (missing) throw refuse(`${key}[${index}] has no '${missing}'.`);
    });
  }
  return content;
}
