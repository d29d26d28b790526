import type { Writable } from 'node:stream';
import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc/node';

/**
 * Writes vscode-jsonrpc's frames, each in one piece and so that it can also be read line by line: the content is one
 * line of ASCII and ends with a line feed, which JSON allows (RFC 8259 section 2) and Content-Length counts.
 *
 * A script reads lines several times faster than it counts bytes, and text beyond ASCII would reach Windows PowerShell in
 * whatever code page its console has. vscode-jsonrpc's own writer hands header and content to the system one by one,
 * which wakes the host twice.
 */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #output: Writable;

  constructor(output: Writable) {
    super();
    this.#output = output;
    output.on('error', (error) => this.fireError(error));
    output.once('close', () => this.fireClose());
  }

  /** Resolves when the system has taken the frame. */
  write(message: Message): Promise<void> {
    const content = `${JSON.stringify(message).replace(/[^\0-\x7e]/g, escaped)}\n`;
    return new Promise((resolve, reject) => {
      this.#output.write(`Content-Length: ${content.length}\r\n\r\n${content}`, 'latin1', (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  end(): void {}
}

/** RFC 8259 section 7: a character beyond the basic plane becomes its surrogates, one by one. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
