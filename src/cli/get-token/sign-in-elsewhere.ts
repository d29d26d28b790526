import type { SignInElsewhere } from '../../platform/request-context.ts';
import type { Shell } from '../shell.ts';

/**
 * Shows a person the address to sign in at, where no browser can be opened: over SSH, in a container, in WSL without
 * Windows' programs. A browser on another machine ends on a page that it can't load; at a terminal the person may paste
 * the address of that page.
 * @param within how long that may take, e.g. `within 1 minute`
 */
export function signInElsewhere(signIn: SignInElsewhere, within: string, shell: Shell): void {
  const { reason, address, redirectUri } = signIn;
  shell.must(`${reason} Open this address in a browser and sign in there, ${within}:\n\n${address}\n`);
  if (!shell.canAsk) return;
  shell.must(
    `A browser on another machine ends on a page that it can't load, at ${redirectUri}. ` +
      'Paste the whole address of that page here and press Enter:',
  );
  void readPastes(signIn, shell);
}

async function readPastes({ paste }: SignInElsewhere, shell: Shell): Promise<void> {
  const { createInterface } = await import('node:readline');
  // A terminal by itself takes no line as long as this one (1024 characters on macOS), so readline edits it.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  shell.signal.addEventListener('abort', () => lines.close(), { once: true });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const problem = paste(line);
    if (problem === undefined) break;
    shell.must(problem);
  }
  lines.close();
}
