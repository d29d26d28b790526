import type { OutputFormat } from './output-formats.ts';
import { printToken } from './output.ts';
import { profileToken } from './profile-token.ts';
import type { Shell } from '../shell.ts';

interface RefreshOptions {
  readonly profile: string;
  readonly output: OutputFormat;
  /** Milliseconds. */
  readonly timeout: number;
}

export async function refresh({ profile, output, timeout }: RefreshOptions, shell: Shell): Promise<void> {
  const request = { force: true, cache: true, signIn: false, timeout };
  await printToken(await profileToken(profile, request, shell), { output }, shell);
}
