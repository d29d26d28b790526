import type { ChildProcessWithoutNullStreams } from 'node:child_process';

/** A JSON-RPC message in vscode-jsonrpc's framing. */
export function frame(message: unknown): string {
  return rawFrame(JSON.stringify(message));
}

/** Any content, with any length before it. */
export function rawFrame(content: string, length: string | number = Buffer.byteLength(content)): string {
  return `Content-Length: ${length}\r\n\r\n${content}`;
}

interface Answer {
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Reads an engine's answers one by one, without vscode-jsonrpc: the framing itself is under test. */
export class FrameReader {
  #buffer = Buffer.alloc(0);
  readonly #waiting: ((answer: Answer) => void)[] = [];
  readonly #arrived: Answer[] = [];

  constructor(child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#takeFrames();
    });
  }

  next(): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const arrived = this.#arrived.shift();
    if (arrived) resolve(arrived);
    else this.#waiting.push(resolve);
    return promise;
  }

  #takeFrames(): void {
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n\r\n/.exec(this.#buffer.toString('latin1'));
      const start = header?.[0].length ?? 0;
      const end = start + Number(header?.[1]);
      if (!header || this.#buffer.length < end) return;
      const answer = JSON.parse(this.#buffer.subarray(start, end).toString()) as Answer;
      this.#buffer = this.#buffer.subarray(end);
      const waiting = this.#waiting.shift();
      if (waiting) waiting(answer);
      else this.#arrived.push(answer);
    }
  }
}
