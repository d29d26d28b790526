import { styleText } from 'node:util';
import { parseKeepingDigits } from '../../token/claims.ts';
import type { DocumentFormat } from './document-formats.ts';
import { type Jwt, readJwt } from './jwt.ts';
import { printableLines } from '../printable.ts';
import type { Shell } from '../shell.ts';
import { fromNow, isoTime } from './times.ts';
import { readToken, type TokenInputOptions } from './token-input.ts';

interface InspectOptions extends TokenInputOptions {
  readonly output: DocumentFormat;
}

export async function inspect(options: InspectOptions, shell: Shell): Promise<void> {
  const jwt = readJwt(await readToken(options, shell));
  shell.print(await shown(jwt, options.output));
}

async function shown({ json }: Jwt, output: DocumentFormat): Promise<string> {
  const header = parseKeepingDigits(json.header);
  const payload = parseKeepingDigits(json.payload);
  switch (output) {
    case 'text':
      return `${title('Header')}\n${indented(header)}\n\n${title('Payload')}\n${withTimes(indented(payload))}\n`;
    case 'json':
      return `${indented({ header, payload })}\n`;
    case 'yaml': {
      const { exactYaml } = await import('./exact-yaml.ts');
      return exactYaml({ header, payload });
    }
  }
}

function indented(value: unknown): string {
  return printableLines(JSON.stringify(value, null, 2));
}

function title(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

/**
 * Claims that are Unix seconds: RFC 7519 section 4.1, OpenID Connect's auth_time and updated_at, and when the tenant was
 * made. Others have numbers in them that look the same and are none (pwd_exp, xms_idrel).
 */
const timeClaim = /^ {2}"(?:exp|iat|nbf|auth_time|updated_at|xms_tcdt)": "?(\d{1,12})(?:\.\d+)?"?,?$/;

/** Which moment each time is, beside it. */
function withTimes(json: string): string {
  const now = Date.now() / 1000;
  return json.replaceAll(/^.*$/gm, (line) => {
    const seconds = Number(timeClaim.exec(line)?.[1]);
    const time = isoTime(seconds);
    if (time === undefined) return line;
    return `${line}  ${styleText('dim', `// ${time}, ${fromNow(seconds - now)}`, { stream: process.stdout })}`;
  });
}
