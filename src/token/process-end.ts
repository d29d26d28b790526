/** The end of the process, and what requests leave to be done before it. */
export { endProcess } from '../platform/end-process.ts';
export { finished } from '../platform/unfinished.ts';
