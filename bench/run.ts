/**
 * `npm run bench` measures what the design promises, each against what the same costs without us, in turn within one
 * run: absolute figures differ from machine to machine, ratios hardly. `npm run bench -- cold warm` runs some rows.
 * Exit code 1 when a bound is missed.
 */

import process from 'node:process';
import { isMet, table, type Finding } from './finding.ts';
import { getToken } from './rows/cli.ts';
import { demo } from './rows/demo.ts';
import { memory, start } from './rows/engine.ts';
import { cold, importModule, parallel, warm } from './rows/powershell.ts';
import { surroundings } from './surroundings.ts';

const needPowerShell = { cold, import: importModule, warm, parallel };
const rows = { ...needPowerShell, start, memory, cli: getToken, demo };
type RowName = keyof typeof rows;

const isRowName = (name: string): name is RowName => Object.hasOwn(rows, name);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isRowName(name));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. The rows are ${Object.keys(rows).join(', ')}.`);
  process.exit(2);
}

const wanted = (Object.keys(rows) as RowName[]).filter((name) => asked.length === 0 || asked.includes(name));
const findings: Finding[] = [];
const left: string[] = [];
console.log('Building ...');
await using place = await surroundings();
for (const name of wanted) {
  if (place.pwsh === undefined && Object.hasOwn(needPowerShell, name)) {
    left.push(name);
    continue;
  }
  console.log(`Measuring ${name} ...`);
  findings.push(...(await rows[name](place)));
}
console.log(`\n${table(findings)}\n`);
if (left.length > 0)
  console.log(`!! NOT measured, because PowerShell 7 (pwsh) is not installed here: ${left.join(', ')}.`);
const missed = findings.filter((finding) => !isMet(finding));
console.log(missed.length === 0 ? 'Every bound is met.' : `${missed.length} of ${findings.length} bounds are missed.`);
process.exitCode = missed.length === 0 ? 0 : 1;
