/** The options that `get-token` and `refresh` have in common; each command puts them into the order of its help. */

import { Option } from 'commander';
import { durationOf } from './duration.ts';
import { outputFormats } from './output-formats.ts';

export const profileOption = new Option('-p, --profile <name>', 'profile to use').default('default');
export const outputOption = new Option('-o, --output <format>', 'what to print')
  .choices(outputFormats)
  .default('token');
export const silentOption = new Option('-q, --silent', 'print the token and nothing else');
export const timeoutOption = new Option('--timeout <duration>', 'how long to wait at most, such as 30s or 2m')
  .argParser(durationOf)
  .default(60_000, '60s');
export const verboseOption = new Option('--verbose', 'say on standard error what is done');
