import type { OutputFormat } from './output-formats.ts';
import { printToken } from './output.ts';
import { profileToken } from './profile-token.ts';
import type { Shell } from '../shell.ts';

interface RefreshOptions {
  readonly profile: string;
  readonly output: OutputFormat;
  /** Milliseconds. */
  readonly timeout: number;
  readonly verbose?: true;
}

export async function refresh(options: RefreshOptions, shell: Shell): Promise<void> {
  const { profile, output, timeout } = options;
  const request = { force: true, cache: true, signIn: false, timeout, verbose: options.verbose === true };
  await printToken(await profileToken(profile, request, shell), { output }, shell);
}
