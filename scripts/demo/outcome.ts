import { styleText } from 'node:util';

/** How a flow ended. */
export type Outcome =
  | {
      readonly identity: string;
      /** Unix milliseconds. */
      readonly expiresOn: number;
      /** Its beginning and end. */
      readonly token: string;
    }
  | { readonly error: string };

/** Enough to recognize a token by, too little to use it. */
export const shorten = (token: string): string =>
  `${token.slice(0, 8)}...${token.slice(-4)} (${token.length} characters)`;

/** What a person reads of an outcome: a few indented lines. */
export function describe(outcome: Outcome, note?: string): string {
  const lines =
    'error' in outcome
      ? outcome.error.split('\n').flatMap((line, index) => wrap(`${index === 0 ? 'error  ' : ''}${line}`, 100))
      : [
          `for    ${outcome.identity}`,
          `until  ${localTime(outcome.expiresOn)}`,
          `token  ${dim(outcome.token)}`,
          ...(note === undefined ? [] : wrap(`note   ${note}`, 100)),
        ];
  return lines.map((line) => `     ${line}`).join('\n');
}

function localTime(milliseconds: number): string {
  const time = new Date(milliseconds).toLocaleString(undefined, {
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  const minutes = Math.round((milliseconds - Date.now()) / 60_000);
  return `${time}, ${minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`} from now`;
}

/** Lines of at most so many characters; those after the first stand below the value. */
function wrap(text: string, width: number): readonly string[] {
  const [first = '', ...words] = text.split(/ (?=\S)/);
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`       ${word}`);
  }
  return lines;
}

// styleText leaves colours out where the output is no terminal, and where NO_COLOR says so.
const styled =
  (style: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    styleText(style, text, { stream: process.stdout });
export const bold = styled('bold');
export const dim = styled('dim');
export const warning = styled(['bold', 'yellow']);
export const mark = (good: boolean): string => (good ? styled('green')('ok') : styled('red')('!!'));
