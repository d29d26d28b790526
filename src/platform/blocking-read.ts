import { uninterruptible } from './end-process.ts';
import { currentRequest } from './request-context.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * Waits for a read of a file that may never come: of a pipe that nobody writes to, or from a network folder whose server
 * has gone. Neither the end of the request nor that of the process waits for it.
 * @throws what the read throws; the request's signal's reason
 */
export function blockingRead<Result>(read: Promise<Result>): Promise<Result> {
  const reading = uninterruptible(read);
  const signal = currentRequest()?.signal;
  return signal ? untilAborted(signal, reading) : reading;
}
