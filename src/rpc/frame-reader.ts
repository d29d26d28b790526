import type { Readable } from 'node:stream';
import { AbstractMessageReader, Disposable, type DataCallback, type Message } from 'vscode-jsonrpc/node';
import { rpcErrorNumbers } from '../protocol/errors.ts';
import { cancelRequest } from '../protocol/lifecycle.ts';

/** No request is anywhere near as long; a length beyond it (bytes) is a broken frame, not a message to wait for. */
const maximumContent = 64 * 1024 * 1024;
/** A header is one short line, perhaps two. */
const maximumHeader = 4 * 1024;

const headerEnd = Buffer.from('\r\n\r\n');

/**
 * Reads vscode-jsonrpc's frames, and answers those that are no JSON-RPC message.
 *
 * vscode-jsonrpc's own reader drops them, so that a client waits for ever, takes `12abc` for a length and loses
 * its place at a negative one.
 */
export class FrameReader extends AbstractMessageReader {
  readonly #input: Readable;
  readonly #refuse: (code: number, message: string) => void;
  #chunks: Buffer[] = [];
  #received = 0;
  /** How many bytes must have come before it makes sense to look again. */
  #needed = 0;

  /** @param refuse sends an error answer without an id */
  constructor(input: Readable, refuse: (code: number, message: string) => void) {
    super();
    this.#input = input;
    this.#refuse = refuse;
  }

  override listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => this.#take(chunk, callback);
    this.#input.on('data', onData);
    this.#input.once('close', () => this.fireClose());
    return Disposable.create(() => this.#input.off('data', onData));
  }

  #take(chunk: Buffer, callback: DataCallback): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#needed) return;
    let rest: Buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      const headerLength = rest.indexOf(headerEnd);
      if (headerLength < 0 && rest.length < maximumHeader + headerEnd.length) {
        this.#needed = 0;
        break;
      }
      // Whether it has come as a whole or not yet: what a sender may do must not depend on how its bytes arrive.
      const isHeader = headerLength >= 0 && headerLength <= maximumHeader;
      const length = isHeader ? contentLength(rest.toString('latin1', 0, headerLength)) : undefined;
      // Nobody can tell where the next frame begins.
      if (length === undefined) return this.#giveUp();
      const start = headerLength + headerEnd.length;
      if (rest.length < start + length) {
        this.#needed = start + length;
        break;
      }
      const message = this.#parse(rest.toString('utf8', start, start + length));
      rest = rest.subarray(start + length);
      if (message) callback(message);
    }
    this.#chunks = [rest];
    this.#received = rest.length;
  }

  #giveUp(): void {
    this.#refuse(
      rpcErrorNumbers.parseError,
      `A frame does not begin with a Content-Length from 0 to ${maximumContent}; the stream can't be read any further.`,
    );
    this.#input.destroy();
  }

  #parse(content: string): Message | undefined {
    let message: unknown;
    try {
      message = JSON.parse(content);
    } catch {
      this.#refuse(rpcErrorNumbers.parseError, "The frame's content is no JSON.");
      return undefined;
    }
    const problem = problemOf(message);
    if (problem === undefined) return message as Message;
    this.#refuse(rpcErrorNumbers.invalidRequest, problem);
    return undefined;
  }
}

/**
 * .NET Framework writes a byte order mark into the input of its child before the host can write anything. The host
 * begins each frame with a header that doesn't count, so only that one's name is spoilt.
 * @param header its bytes as characters
 * @returns undefined when the header has no proper length
 */
function contentLength(header: string): number | undefined {
  const lines = header.split('\r\n');
  if (!lines.every((line) => /^(?:\xef\xbb\xbf)?[\w-]+: *\S/.test(line))) return undefined;
  const digits = /^content-length: *(\d{1,9}) *$/im.exec(header)?.[1];
  const length = Number(digits);
  return length <= maximumContent ? length : undefined;
}

/** @returns one sentence, or undefined for a JSON-RPC message */
function problemOf(message: unknown): string | undefined {
  if (Array.isArray(message)) return 'Batches are not served. Send each request in a frame of its own.';
  if (typeof message !== 'object' || message === null) return 'A JSON-RPC message is an object.';
  if (!('jsonrpc' in message) || message.jsonrpc !== '2.0') return 'The member jsonrpc must be "2.0".';
  const isCall = 'method' in message && typeof message.method === 'string';
  const isAnswer = 'id' in message && ('result' in message || 'error' in message);
  if (!isCall && !isAnswer) return 'The member method must be a string.';
  if ('id' in message && !['string', 'number'].includes(typeof message.id)) {
    return 'The member id must be a number or a string.';
  }
  // vscode-jsonrpc looks at the id before anything that catches errors.
  if (isCall && message.method === cancelRequest.method && !('id' in message) && !namesRequest(message)) {
    return `The params of ${cancelRequest.method} must have the id of a request.`;
  }
  return undefined;
}

function namesRequest(message: object): boolean {
  const params: unknown = 'params' in message ? message.params : undefined;
  if (typeof params !== 'object' || params === null || !('id' in params)) return false;
  return ['string', 'number'].includes(typeof params.id);
}
