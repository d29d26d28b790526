import type { DeviceCode } from '../../src/protocol/host.ts';
import type { RequestContext } from '../../src/platform/request-context.ts';

export interface RecordedContext extends RequestContext {
  readonly logged: { level: string; message: string }[];
  readonly progressed: { activity: string; status: string; until: number | undefined }[];
  readonly deviceCodes: DeviceCode[];
}

/** A request's context that keeps what it is told. */
export function recordedContext(given: Partial<RequestContext> = {}): RecordedContext {
  const logged: RecordedContext['logged'] = [];
  const progressed: RecordedContext['progressed'] = [];
  const deviceCodes: DeviceCode[] = [];
  return {
    environment: {},
    signal: new AbortController().signal,
    log: (level, message) => void logged.push({ level, message: typeof message === 'string' ? message : message() }),
    progress: (activity, status, until) => void progressed.push({ activity, status, until }),
    deviceCode: (code) => void deviceCodes.push(code),
    ...given,
    logged,
    progressed,
    deviceCodes,
  };
}
