import { stringify, type ScalarTag } from 'yaml';
import { printableLines } from '../printable.ts';

/**
 * YAML in which nothing has changed: numbers keep the digits that `parseKeepingDigits` has kept, and texts stand in
 * quotes, so that no reader, also of YAML 1.1, takes one for a date, a number or a no. Nor does a terminal obey them.
 */
export function exactYaml(document: object): string {
  const text = written(document, 'PLAIN');
  return printableLines(text) === text ? text : printableLines(written(document, 'QUOTE_DOUBLE'));
}

function written(document: object, defaultKeyType: 'PLAIN' | 'QUOTE_DOUBLE'): string {
  return stringify(document, {
    lineWidth: 0,
    compat: 'yaml-1.1',
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType,
    customTags: (tags) => [exactNumber, ...tags],
  });
}

const exactNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => rawJson.isRawJSON(value),
  resolve: (text) => text,
  stringify: ({ value }) => (value as { readonly rawJSON: string }).rawJSON,
};

/** Newer than TypeScript's library. */
const rawJson = JSON as unknown as { isRawJSON(value: unknown): boolean };
