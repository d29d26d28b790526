import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spawnEngine } from '../helpers/engine.ts';
import { frame, FrameReader, rawFrame } from '../helpers/frames.ts';

let child: ChildProcessWithoutNullStreams;
let answers: FrameReader;
let exited: Promise<number | null>;

beforeEach(() => {
  child = spawnEngine();
  answers = new FrameReader(child);
  const exit = Promise.withResolvers<number | null>();
  child.once('exit', exit.resolve);
  exited = exit.promise;
});
afterEach(async () => {
  child.stdin.destroy();
  await exited;
});

const ping = frame({ jsonrpc: '2.0', id: 99, method: 'session/ping' });
const pong = { jsonrpc: '2.0', id: 99, result: null };

describe('A frame that the engine writes', () => {
  it('comes in one piece, and its content is one line of ASCII with a line feed at its end', async () => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin.write(frame({ jsonrpc: '2.0', id: 1, method: 'Grüße \u{1f600}\u007f\n' }));
    expect((await answers.next()).error?.message).toBe('Unhandled method Grüße \u{1f600}\u007f\n');
    expect(chunks).toHaveLength(1);
    expect(chunks[0]?.toString('latin1')).toMatch(/^Content-Length: \d+\r\n\r\n\{[\x20-\x7e]+\}\n$/);
  });
});

describe('A frame that can be told from the next one', () => {
  it.each([
    ['that is no JSON', '{"jsonrpc":', -32700, "The frame's content is no JSON"],
    ['that is no object', '7', -32600, 'A JSON-RPC message is an object.'],
    ['that is a batch', '[]', -32600, 'Batches are not served. Send each request in a frame of its own.'],
    [
      'of another JSON-RPC',
      '{"jsonrpc":"1.0","id":1,"method":"session/ping"}',
      -32600,
      'The member jsonrpc must be "2.0".',
    ],
    ['without a method', '{"jsonrpc":"2.0","id":1}', -32600, 'The member method must be a string.'],
    [
      'whose id is an object',
      '{"jsonrpc":"2.0","id":{},"method":"session/ping"}',
      -32600,
      'The member id must be a number or a string.',
    ],
    [
      'that cancels nothing',
      '{"jsonrpc":"2.0","method":"$/cancelRequest"}',
      -32600,
      'The params of $/cancelRequest must have the id of a request.',
    ],
    [
      'that cancels by position',
      '{"jsonrpc":"2.0","method":"$/cancelRequest","params":[99]}',
      -32600,
      'The params of $/cancelRequest must have the id of a request.',
    ],
    ['of zero bytes', '', -32700, "The frame's content is no JSON"],
  ])('%s is answered with an error, and the next request is served', async (_what, content, code, message) => {
    child.stdin.write(rawFrame(content));
    child.stdin.write(ping);
    const refusal = await answers.next();
    expect(refusal).toMatchObject({ id: null, error: { code } });
    expect(refusal.error?.message).toContain(message);
    expect(await answers.next()).toEqual(pong);
  });

  it('with an unknown method is answered with -32601, and the next request is served', async () => {
    child.stdin.write(frame({ jsonrpc: '2.0', id: 1, method: 'azToken/steal' }) + ping);
    expect(await answers.next()).toMatchObject({
      id: 1,
      error: { code: -32601, message: 'Unhandled method azToken/steal' },
    });
    expect(await answers.next()).toEqual(pong);
  });

  it('with an unknown notification is passed over', async () => {
    child.stdin.write(frame({ jsonrpc: '2.0', method: 'some/thing' }) + ping);
    expect(await answers.next()).toEqual(pong);
  });

  it('of 10 MB is read, and the next request is served', async () => {
    const resource = 'x'.repeat(10_000_000);
    child.stdin.write(frame({ jsonrpc: '2.0', id: 1, method: 'session/ping', params: { resource } }) + ping);
    expect(await answers.next()).toMatchObject({ id: 1, result: null });
    expect(await answers.next()).toEqual(pong);
  });

  it('is read when a byte order mark is in front of it, as Windows PowerShell sends it', async () => {
    const first = frame({ jsonrpc: '2.0', id: 1, method: 'session/ping' });
    child.stdin.write(`\ufeffContent-Type: application/json; charset=utf-8\r\n${first}${ping}`);
    expect(await answers.next()).toMatchObject({ id: 1, result: null });
    expect(await answers.next()).toEqual(pong);
  });

  it('is read when its header has 4 KB', async () => {
    child.stdin.write(`X: ${'x'.repeat(4000)}\r\n${ping}`);
    expect(await answers.next()).toEqual(pong);
  });

  it('is read when its header has the 4 KB that one may have, also when its end comes in pieces', async () => {
    const [header = '', content] = ping.split('\r\n\r\n');
    const longest = `X: ${'x'.repeat(4096 - header.length - 'X: \r\n'.length)}\r\n${header}`;
    expect(longest).toHaveLength(4096);
    child.stdin.write(`${longest}\r\n\r\n${content}`);
    expect(await answers.next()).toEqual(pong);
    for (const piece of [`${longest}\r`, '\n', '\r', `\n${content}`]) {
      await new Promise((resolve) => child.stdin.write(piece, resolve));
      // So that the engine gets the pieces one by one.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await answers.next()).toEqual(pong);
  });

  it('is read when it comes byte by byte', async () => {
    for (const byte of ping) child.stdin.write(byte);
    expect(await answers.next()).toEqual(pong);
  });
});

describe('A frame whose length is wrong', () => {
  const lost = "A frame does not begin with a Content-Length from 0 to 67108864; the stream can't be read any further.";

  it.each([
    ['has no Content-Length', 'Content-Type: x\r\n\r\n{}'],
    ['has a length that is no number', rawFrame('{}', 'many')],
    ['has a header without a colon', 'nonsense\r\n\r\n{}'],
    ['is more than 64 MB', rawFrame('{}', 99_999_999) + ping],
    ['is one byte more than 64 MB', rawFrame('{}', 64 * 1024 * 1024 + 1) + ping],
    ['is behind a header of 5 KB that has not ended yet', `X: ${'x'.repeat(5 * 1024)}`],
    ['is behind a header of 5 KB', `X: ${'x'.repeat(5 * 1024)}\r\n${ping}`],
  ])('and %s ends the engine cleanly, after an error', async (_what, bytes) => {
    child.stdin.write(bytes);
    expect(await answers.next()).toEqual({ jsonrpc: '2.0', id: null, error: { code: -32700, message: lost } });
    expect(await exited).toBe(0);
  });

  it('and is shorter than its content ends the engine cleanly, after an error for content and rest', async () => {
    child.stdin.write(rawFrame('{"jsonrpc":"2.0","id":1,"method":"session/ping"}', 10) + ping);
    expect((await answers.next()).error).toEqual({ code: -32700, message: "The frame's content is no JSON." });
    expect((await answers.next()).error).toEqual({ code: -32700, message: lost });
    expect(await exited).toBe(0);
  });

  it.each([1000, 64 * 1024 * 1024])(
    'and is longer than what comes is waited for, until stdin ends: %i',
    async (length) => {
      const said: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
      child.stdin.end(rawFrame('{}', length));
      expect(await exited).toBe(0);
      expect(said).toEqual([]);
    },
  );

  it('and is negative ends the engine cleanly, after an error', async () => {
    child.stdin.write(rawFrame('{}', -5) + ping);
    expect(await answers.next()).toMatchObject({ id: null, error: { code: -32700 } });
    expect(await exited).toBe(0);
  });
});
