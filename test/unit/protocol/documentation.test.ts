import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../src/protocol/errors.ts';
import { protocolVersion } from '../../../src/protocol/version.ts';

const protocol = readFileSync('docs/protocol.md', 'utf8');
const errors = readFileSync('docs/errors.md', 'utf8');

/** The methods in the sources: whatever is given to a vscode-jsonrpc message type. */
const methods = readdirSync('src/protocol').flatMap((file) => {
  const source = readFileSync(`src/protocol/${file}`, 'utf8');
  return [...source.matchAll(/new (?:Request|Notification)Type0?(?:<[\s\S]*?>)?\(\s*'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
});

describe('docs/protocol.md', () => {
  it('is checked against every method that the sources have', () => {
    expect(methods).toContain('azToken/get');
    expect(methods.length).toBeGreaterThan(8);
  });
  it.each(methods)('names the method %s', (method) => expect(protocol).toContain(`\`${method}\``));
  it('names no method that there is none of', () => {
    const named = [
      ...protocol.matchAll(
        /^\| `([\w$]+(?:\/\w+)?)` \| (?:notification|request|`?protocolVersion|`parameterSet|none)/gm,
      ),
    ];
    expect(named.map((match) => match[1]).filter((method) => !methods.includes(method ?? ''))).toEqual([]);
  });
  it('has the version of the protocol', () => expect(protocol).toContain(`Protocol version: ${protocolVersion}.`));
});

describe('docs/errors.md', () => {
  it.each(errorCodes)('explains %s', (code) =>
    expect(errors).toMatch(new RegExp(`^\\| \`${code}\` \\| \\S.* \\| \\S.* \\|$`, 'm')),
  );
  it('explains no code that there is none of', () => {
    const explained = [...errors.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(explained.toSorted()).toEqual([...errorCodes].toSorted());
  });
});
