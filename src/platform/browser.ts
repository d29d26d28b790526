import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../protocol/environment.ts';
import { startDetached } from './process.ts';

/** A program that shows an address to the person, or why there is none. */
export type BrowserProgram =
  | { readonly file: string; readonly args: (address: string) => readonly string[] }
  | { readonly reason: string };

/** Linux programs that open the person's preferred browser, then browsers themselves. */
const linuxOpeners = ['xdg-open', 'sensible-browser', 'x-www-browser', 'firefox', 'chromium', 'google-chrome'];

/**
 * Opens an address in the person's browser.
 * @returns undefined when a browser was started, else one sentence that says why none could be
 */
export async function openBrowser(
  program: Extract<BrowserProgram, { file: string }>,
  address: string,
  environment: Environment,
): Promise<string | undefined> {
  const started = await startDetached(program.file, program.args(address), environment);
  return started ? undefined : `${program.file} could not open a browser.`;
}

/** Finds out what would open an address, without doing it. */
export function findBrowser(environment: Environment): BrowserProgram {
  // BROWSER is the Unix convention for naming one's browser; it wins everywhere so that a session can choose.
  const chosen = environment['BROWSER']?.split(delimiter)[0];
  if (chosen) return chosenBrowser(chosen);
  switch (process.platform) {
    case 'win32':
      // Not `cmd /c start`: cmd would read & and ^ of an address as its own.
      return windowsProgram(join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32', 'rundll32.exe'));
    case 'darwin':
      return { file: '/usr/bin/open', args: (address) => [address] };
    default:
      return findLinuxBrowser(environment);
  }
}

/**
 * Why a browser of this machine's is not in front of the person: they are at another one. On Linux the lack of a display
 * tells; Windows and macOS would open it at their own screen.
 * @returns a sentence; undefined where one may be opened
 */
export function remoteSession(environment: Environment, platform: string = process.platform): string | undefined {
  if (!environment['SSH_CONNECTION'] || environment['BROWSER']) return undefined;
  if (platform !== 'win32' && platform !== 'darwin') return undefined;
  return 'This is an SSH session: the browser would open at the other machine.';
}

function findLinuxBrowser(environment: Environment): BrowserProgram {
  if (environment['WSL_DISTRO_NAME']) {
    const wslview = findOnPath(['wslview'], environment);
    if (wslview) return { file: wslview, args: (address) => [address] };
    const windows = findOnPath(['rundll32.exe'], environment);
    if (windows) return windowsProgram(windows);
  }
  if (!environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) {
    return { reason: 'This session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set).' };
  }
  const found = findOnPath(linuxOpeners, environment);
  return found ? { file: found, args: (address) => [address] } : { reason: 'No browser was found on PATH.' };
}

function windowsProgram(file: string): BrowserProgram {
  return { file, args: (address) => ['url.dll,FileProtocolHandler', address] };
}

/** BROWSER may hold arguments, and `%s` where the address goes. */
function chosenBrowser(browser: string): BrowserProgram {
  if (existsSync(browser)) return { file: browser, args: (address) => [address] };
  const [file = browser, ...args] = browser.split(' ').filter(Boolean);
  return {
    file,
    args: (address) => {
      const placed = args.map((arg) => arg.replaceAll('%s', address));
      return browser.includes('%s') ? placed : [...placed, address];
    },
  };
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
