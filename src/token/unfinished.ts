/** What requests leave to be done before the process ends. */
export { finished } from '../platform/unfinished.ts';
