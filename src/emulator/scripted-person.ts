import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What a person knows by heart. */
export interface Person {
  readonly username: string;
  readonly password: string;
}

/** Where a sign-in ended. */
export interface SignInEnd {
  /** The address with the answer that the browser was sent to; null where the pages ended without one. */
  readonly location: string | null;
  /** The last page's status and HTML. */
  readonly status: number;
  readonly page: string;
}

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Signs a person in at the emulator's pages without a browser: fetches the page, fills in its form, accepts what is
 * asked for, and goes where the answer leads, which is the client's listener.
 * @param ca the emulator's CA as PEM
 * @param follow false leaves the client's listener alone: the answer is in the location
 * @throws Error with the page's own words when it refuses
 */
export async function signInAs(
  authorizeUrl: string,
  person: Person,
  ca: string,
  { follow = true }: { follow?: boolean } = {},
): Promise<SignInEnd> {
  const answer = await throughPages(await send(authorizeUrl, ca), person, ca);
  const authority = new URL(authorizeUrl).origin;
  const { location } = answer.headers;
  if (location === undefined) {
    // response_mode=form_post: the page's form is the answer
    const form = formOf(answer);
    if (!form || form.action.startsWith(authority)) return { location: null, status: answer.status, page: answer.text };
    if (!follow)
      return { location: `${form.action}?${form.fields.toString()}`, status: answer.status, page: answer.text };
    const posted = await send(form.action, ca, form.fields);
    return { location: form.action, status: posted.status, page: posted.text };
  }
  if (!follow) return { location, status: answer.status, page: answer.text };
  const end = await send(location, ca);
  return { location, status: end.status, page: end.text };
}

/** Types the code that a device shows, and signs in. */
export async function approveDeviceCode(
  verificationUri: string,
  userCode: string,
  person: Person,
  ca: string,
): Promise<SignInEnd> {
  const codePage = await send(verificationUri, ca);
  const form = formOf(codePage);
  form?.fields.set('otc', userCode);
  const next = form ? await send(form.action, ca, form.fields) : codePage;
  const end = await throughPages(next, person, ca);
  return { location: null, status: end.status, page: end.text };
}

/** Fills in page after page of the emulator's, until there is none left. */
async function throughPages(first: Answer, person: Person, ca: string): Promise<Answer> {
  const authority = new URL(first.url).origin;
  let answer = first;
  for (;;) {
    const refusal = /role="alert"[^>]*>([^<]*)</.exec(answer.text)?.[1];
    if (refusal !== undefined) throw new Error(unescape(refusal));
    const form = formOf(answer);
    if (!form?.action.startsWith(`${authority}/common/`)) return answer;
    if (form.fields.has('username')) {
      form.fields.set('username', person.username);
      form.fields.set('password', person.password);
    } else {
      form.fields.set('action', 'accept');
    }
    answer = await send(form.action, ca, form.fields);
  }
}

function formOf({ url, text }: Answer): { action: string; fields: URLSearchParams } | undefined {
  const action = /<form method="post" action="([^"]*)"/.exec(text)?.[1];
  if (action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [input] of text.matchAll(/<input [^>]*>/g)) {
    const name = / name="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) fields.append(unescape(name), unescape(/ value="([^"]*)"/.exec(input)?.[1] ?? ''));
  }
  return { action: new URL(unescape(action), url).href, fields };
}

const unescape = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** A GET, or a POST of a form; redirects are not followed. */
function send(url: string, ca: string, form?: URLSearchParams): Promise<Answer> {
  return new Promise((fulfil, reject) => {
    const options = {
      method: form ? 'POST' : 'GET',
      headers: form ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
      agent: false,
    } as const;
    const onResponse = async (response: IncomingMessage): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString('utf8');
      fulfil({ url, status: response.statusCode ?? 0, headers: response.headers, text });
    };
    const request = url.startsWith('https:')
      ? httpsRequest(url, { ...options, ca }, (response) => void onResponse(response).catch(reject))
      : httpRequest(url, options, (response) => void onResponse(response).catch(reject));
    request.once('error', reject);
    request.end(form?.toString());
  });
}
