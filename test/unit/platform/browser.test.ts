import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBrowser, remoteSession } from '../../../src/platform/browser.ts';

const overSsh = { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' };

describe('A session over SSH', () => {
  it.each(['win32', 'darwin'])('on %s has no browser in front of the person', (platform) => {
    expect(remoteSession(overSsh, platform)).toBe(
      'This is an SSH session: the browser would open at the other machine.',
    );
  });

  it('on Linux is told by whether there is a display, which SSH can forward', () => {
    expect(remoteSession(overSsh, 'linux')).toBeUndefined();
  });

  it('may name a browser of its own', () => {
    expect(remoteSession({ ...overSsh, BROWSER: '/usr/local/bin/browser' }, 'darwin')).toBeUndefined();
  });
});

it('A session at the machine itself has a browser', () => {
  expect(remoteSession({}, 'darwin')).toBeUndefined();
});

describe.skipIf(process.platform !== 'linux')('A session in WSL', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wsl-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What shows an address there, when these programs are on PATH. */
  const found = (...programs: readonly string[]): unknown => {
    for (const program of programs) writeFileSync(join(folder, program), '');
    const browser = findBrowser({ WSL_DISTRO_NAME: 'Debian', PATH: folder });
    return 'reason' in browser ? browser.reason : [browser.file, ...browser.args('https://login.example/?a=1&b=2')];
  };

  it("opens Windows' browser with wslview where it is installed", () => {
    const wslview = join(folder, 'wslview');
    expect(found('wslview', 'rundll32.exe')).toEqual([wslview, 'https://login.example/?a=1&b=2']);
  });

  it('opens it with a program of Windows where those can be run', () => {
    const rundll32 = join(folder, 'rundll32.exe');
    expect(found('rundll32.exe')).toEqual([rundll32, 'url.dll,FileProtocolHandler', 'https://login.example/?a=1&b=2']);
  });

  it('has none where they can not and nothing can be displayed', () => {
    expect(found('firefox')).toBe('This session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set).');
  });
});
