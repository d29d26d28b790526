import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../protocol/environment.ts';
import { startDetached } from './process.ts';

/** A way to show an address to the person, or why there is none. */
type Opener = { readonly file: string; readonly args: readonly string[] } | { readonly reason: string };

/** Linux programs that open the person's preferred browser, then browsers themselves. */
const linuxOpeners = ['xdg-open', 'sensible-browser', 'x-www-browser', 'firefox', 'chromium', 'google-chrome'];

/**
 * Opens an address in the person's browser.
 * @returns undefined when a browser was started, else one sentence that says why none could be
 */
export async function openBrowser(address: string, environment: Environment): Promise<string | undefined> {
  const opener = findOpener(address, environment);
  if ('reason' in opener) return opener.reason;
  const started = await startDetached(opener.file, opener.args, environment);
  return started ? undefined : `${opener.file} could not open a browser.`;
}

function findOpener(address: string, environment: Environment): Opener {
  // BROWSER is the Unix convention for naming one's browser; it wins everywhere so that a session can choose.
  const chosen = environment['BROWSER']?.split(delimiter)[0];
  if (chosen) return withAddress(chosen, address);
  switch (process.platform) {
    case 'win32':
      // Not `cmd /c start`: cmd would read & and ^ of an address as its own.
      return {
        file: join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32', 'rundll32.exe'),
        args: ['url.dll,FileProtocolHandler', address],
      };
    case 'darwin':
      return { file: '/usr/bin/open', args: [address] };
    default:
      return findLinuxOpener(address, environment);
  }
}

function findLinuxOpener(address: string, environment: Environment): Opener {
  if (environment['WSL_DISTRO_NAME']) {
    const windows = findOnPath(['wslview', 'rundll32.exe'], environment);
    if (windows?.endsWith('wslview')) return { file: windows, args: [address] };
    if (windows) return { file: windows, args: ['url.dll,FileProtocolHandler', address] };
  }
  if (!environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) {
    return { reason: 'This session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set).' };
  }
  const found = findOnPath(linuxOpeners, environment);
  return found ? { file: found, args: [address] } : { reason: 'No browser was found on PATH.' };
}

/** BROWSER may hold arguments, and `%s` where the address goes. */
function withAddress(browser: string, address: string): Opener {
  if (existsSync(browser)) return { file: browser, args: [address] };
  const [file = browser, ...args] = browser.split(' ').filter(Boolean);
  const placed = args.map((arg) => arg.replaceAll('%s', address));
  return { file, args: browser.includes('%s') ? placed : [...placed, address] };
}

function findOnPath(names: readonly string[], environment: Environment): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const candidate = join(folder, name);
      if (existsSync(candidate)) return candidate;
    }
  }
  return undefined;
}
