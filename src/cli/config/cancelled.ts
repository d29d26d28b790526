import { TokenError } from '../../protocol/token-error.ts';
import type { Shell } from '../shell.ts';

/**
 * Ends a command that was cancelled while it worked, before it changes anything.
 * @throws TokenError Cancelled
 */
export function throwIfCancelled(shell: Shell): void {
  if (!shell.signal.aborted) return;
  shell.must('Cancelled. Nothing was changed.');
  throw new TokenError('Cancelled', 'The command was cancelled.');
}
