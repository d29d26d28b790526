/** How a measured value is held against its bound. */
export type Comparison =
  /** ours / floor, at most the bound. */
  | 'times'
  /** ours - floor, at most the bound. */
  | 'more'
  /** ours itself, at most the bound. */
  | 'atMost';

/** One line of the table. */
export interface Finding {
  readonly what: string;
  readonly unit: 'ms' | 'MB' | 'requests' | 'wrong';
  readonly ours: number;
  /** What the same costs without us; undefined where there is no such thing. */
  readonly floor?: number;
  readonly comparison: Comparison;
  readonly bound: number;
}

/** What counts: a ratio, a difference, or the value itself. */
export function valueOf({ ours, floor, comparison }: Finding): number {
  if (comparison === 'atMost') return ours;
  if (floor === undefined) throw new Error('A comparison needs a floor.');
  return comparison === 'times' ? ours / floor : ours - floor;
}

export const isMet = (finding: Finding): boolean => valueOf(finding) <= finding.bound;

/** The findings as a table for a terminal and for Markdown alike. */
export function table(findings: readonly Finding[]): string {
  const header = ['what', 'ours', 'floor', 'ratio', 'bound', 'met?'];
  const rows = findings.map((finding) => [
    finding.what,
    quantity(finding.ours, finding.unit),
    finding.floor === undefined ? '' : quantity(finding.floor, finding.unit),
    finding.comparison === 'times' ? `${number(valueOf(finding))} x` : '',
    boundText(finding),
    isMet(finding) ? 'yes' : 'NO',
  ]);
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function boundText({ comparison, bound, unit }: Finding): string {
  if (comparison === 'times') return `${bound} x`;
  return comparison === 'more' ? `floor + ${quantity(bound, unit)}` : quantity(bound, unit);
}

const quantity = (value: number, unit: Finding['unit']): string => `${number(value)} ${unit}`;

/** Three digits that count. */
const number = (value: number): string =>
  Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
