import type { Message, RAL } from 'vscode-jsonrpc/node';
import { rpcErrorNumbers } from '../protocol/errors.ts';

/** vscode-jsonrpc passes over a notification with this prefix that nobody handles. */
const nothing = { jsonrpc: '2.0', method: '$/refused' } as Message;

/**
 * Reads a frame's content, and answers one that is no JSON-RPC message itself: vscode-jsonrpc would drop it, and the
 * client would wait for ever. The frame's length was right, so the next one can be read.
 * @param refuse sends the error answer; its id is null, for none could be read (JSON-RPC 2.0 section 5)
 */
export function messageDecoder(
  refuse: (code: number, message: string) => void,
): NonNullable<RAL['applicationJson']['decoder']> {
  return {
    name: 'application/json',
    decode(content) {
      let message: unknown;
      try {
        message = JSON.parse(Buffer.from(content).toString('utf8'));
      } catch (error) {
        refuse(rpcErrorNumbers.parseError, `The frame's content is no JSON: ${String(error)}`);
        return Promise.resolve(nothing);
      }
      const problem = problemOf(message);
      if (problem === undefined) return Promise.resolve(message as Message);
      refuse(rpcErrorNumbers.invalidRequest, problem);
      return Promise.resolve(nothing);
    },
  };
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
  return undefined;
}
