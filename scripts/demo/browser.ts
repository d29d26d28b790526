/**
 * Stands in for the browser: `node browser.ts <address>` signs the emulator's scripted user in at the login page that
 * the address leads to, as a person would by typing.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { person } from './flows.ts';

const address = process.argv[2] ?? '';
await signInAs(address, person, readFileSync(process.env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8'));
