import { styleText } from 'node:util';
import { defaultFlowOf } from '../flows.ts';
import type { Profile } from '../../profile/profile.ts';

const headings = ['Name', 'Auth method', 'Flow', 'Tenant', 'Client', 'Scopes'] as const;

/**
 * Profiles for people: a table, or where that is too wide for the terminal a block for each profile.
 * @param width columns of the terminal; undefined when the text goes elsewhere
 */
export function profileList(profiles: readonly Profile[], width: number | undefined): string {
  const rows = profiles.map(rowOf);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const total = widths.reduce((sum, one) => sum + one + gap.length, -gap.length);
  return width === undefined || total <= width ? table(rows, widths) : blocks(rows);
}

const gap = '  ';

function rowOf(profile: Profile): readonly string[] {
  const { name, authMethod, tenantId = '-', clientId = '-', scopes } = profile;
  return [name, authMethod, defaultFlowOf(profile), tenantId, clientId, scopes.join(' ') || '(Microsoft Graph)'];
}

function table(rows: readonly (readonly string[])[], widths: readonly number[]): string {
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
  return `${[bold(line(headings)), ...rows.map(line)].join('\n')}\n`;
}

function blocks(rows: readonly (readonly string[])[]): string {
  const indent = Math.max(...headings.map((heading) => heading.length));
  const block = ([name = '', ...cells]: readonly string[]): string =>
    [
      bold(name),
      ...cells.map((cell, index) => `${gap}${(headings[index + 1] ?? '').padEnd(indent)}${gap}${cell}`),
    ].join('\n');
  return `${rows.map(block).join('\n\n')}\n`;
}

/** Only on a terminal, and without NO_COLOR. */
function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}
