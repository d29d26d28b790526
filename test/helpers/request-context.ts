import type { RequestContext } from '../../src/platform/request-context.ts';

export interface RecordedContext extends RequestContext {
  readonly logged: { level: string; message: string }[];
  readonly progressed: { activity: string; status: string; until: number | undefined }[];
}

/** A request's context that keeps what it is told. */
export function recordedContext(given: Partial<RequestContext> = {}): RecordedContext {
  const logged: RecordedContext['logged'] = [];
  const progressed: RecordedContext['progressed'] = [];
  return {
    environment: {},
    signal: new AbortController().signal,
    log: (level, message) => void logged.push({ level, message }),
    progress: (activity, status, until) => void progressed.push({ activity, status, until }),
    ...given,
    logged,
    progressed,
  };
}
