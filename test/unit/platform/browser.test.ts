import { describe, expect, it } from 'vitest';
import { remoteSession } from '../../../src/platform/browser.ts';

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
