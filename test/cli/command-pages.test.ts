import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../src/cli/program.ts';

const program = commandLine(() => async () => {});

describe.each(['inspect', 'discover', 'completion'])('The page of %s', (name) => {
  const command = program.commands.find((one) => one.name() === name);
  const page = readFileSync(new URL(`../../docs/commands/entra-auth-cli-${name}.md`, import.meta.url), 'utf8');

  it('has every option and every value that it can have', () => {
    for (const { short, long, argChoices = [] } of command?.options ?? []) {
      expect(page).toContain(`\`${short}\`, \`${long}`);
      for (const choice of argChoices) expect(page).toContain(choice);
    }
    for (const { argChoices = [] } of command?.registeredArguments ?? []) {
      for (const choice of argChoices) expect(page).toContain(choice);
    }
  });

  it('has no option that there is not', () => {
    const known = new Set(program.commands.flatMap(({ options }) => options.map(({ long }) => long)));
    const named = [...page.matchAll(/entra-auth-cli [^\n`]*?(--[a-z-]+)|`(--[a-z-]+)/g)].map(
      (match) => match[1] ?? match[2],
    );
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });
});
