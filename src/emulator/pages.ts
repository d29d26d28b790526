import { randomBytes } from 'node:crypto';
import { AadstsError } from './aadsts-errors.ts';
import { html } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import type { EmulatorState } from './state.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { min-height: 100vh; margin: 0; display: grid; place-items: center; background: Canvas; color: CanvasText; }
  main { box-sizing: border-box; width: min(28rem, 100%); padding: 2rem; border: 1px solid GrayText; border-radius: .5rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
  label { display: block; margin-top: 1rem; font-weight: 600; }
  input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; margin-top: .25rem; }
  .buttons { display: flex; gap: .75rem; justify-content: flex-end; margin-top: 1.5rem; }
  button { font: inherit; padding: .5rem 1.25rem; cursor: pointer; }
  .primary { background: #0f6cbd; color: #fff; border: 1px solid #0f6cbd; }
  .error { border-left: .25rem solid #c50f1f; padding-left: .75rem; }
  small { color: GrayText; }
`;

function page(title: string, content: string, { status = 200, script = '' } = {}): Reply {
  const nonce = randomBytes(16).toString('base64');
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
${content}
<p><small>Entra token emulator: not Microsoft, only this machine.</small></p>
</main>
${script && `<script nonce="${nonce}">${script}</script>`}
</body>
</html>
`;
  // No form-action: Chromium applies it to the redirects after the form as well, and those go to the client
  return html(status, body, {
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; frame-ancestors 'none'; base-uri 'none'`,
    'referrer-policy': 'no-referrer',
  });
}

const alert = (message: string | undefined): string =>
  message === undefined ? '' : `<p class="error" role="alert" id="error">${escape(message)}</p>`;

const hidden = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
    .join('\n');

/** User name and password; `action=cancel` is the Cancel button. */
export const signInPage = (view: {
  flowToken: string;
  application: string;
  where: string;
  username: string;
  error?: string;
}): Reply =>
  page(
    'Sign in to your account',
    `<h1>Sign in</h1>
<p>to continue to <strong>${escape(view.application)}</strong> (${escape(view.where)})</p>
${alert(view.error)}
<form method="post" action="/common/login">
${hidden({ flow_token: view.flowToken })}
<label for="username">Username</label>
<input id="username" name="username" type="email" autocomplete="username" spellcheck="false" required value="${escape(view.username)}"${view.username ? '' : ' autofocus'}${view.error ? ' aria-describedby="error"' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${view.username ? ' autofocus' : ''}>
<div class="buttons">
<button type="submit" class="primary" name="action" value="sign-in">Sign in</button>
<button type="submit" name="action" value="cancel" formnovalidate>Cancel</button>
</div>
</form>`,
  );

export const consentPage = (view: {
  flowToken: string;
  application: string;
  username: string;
  scopes: readonly string[];
}): Reply =>
  page(
    'Permissions requested',
    `<h1>Permissions requested</h1>
<p><strong>${escape(view.application)}</strong> would like to, as ${escape(view.username)}:</p>
<ul>
${view.scopes.map((scope) => `<li>${escape(scope)}</li>`).join('\n')}
</ul>
<form method="post" action="/common/consent">
${hidden({ flow_token: view.flowToken })}
<div class="buttons">
<button type="submit" class="primary" name="action" value="accept" autofocus>Accept</button>
<button type="submit" name="action" value="cancel">Cancel</button>
</div>
</form>`,
  );

/** Where a person types the code that a device shows. */
export const userCodePage = (view: { userCode: string; error?: string }): Reply =>
  page(
    'Sign in on a device',
    `<h1>Enter code</h1>
<p>Enter the code displayed on your app or device.</p>
${alert(view.error)}
<form method="post" action="/devicelogin">
<label for="code">Code</label>
<input id="code" name="otc" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus value="${escape(view.userCode)}">
<div class="buttons"><button type="submit" class="primary">Next</button></div>
</form>`,
  );

export const messagePage = (title: string, message: string, status = 200): Reply =>
  page(title, `<h1>${escape(title)}</h1>\n<p>${escape(message)}</p>`, { status });

/** What Entra shows when it can't send the browser back to the application. Throws what is no refusal. */
export function showError(
  { authority, now }: EmulatorState,
  { log, correlationId }: EndpointRequest,
  error: unknown,
): Reply {
  if (!(error instanceof AadstsError)) throw error;
  const body = error.body(authority, correlationId, now());
  log.error = body.error;
  log.errorCode = error.code;
  return page(
    'Sign in to your account',
    `<h1>Sorry, but we’re having trouble signing you in.</h1>\n${alert(body.error_description)}`,
    { status: error.status },
  );
}

/** `response_mode=form_post`: the browser carries the answer to the application. */
export const formPostPage = (redirectUri: string, fields: Readonly<Record<string, string>>): Reply =>
  page(
    'Working...',
    `<form method="post" action="${escape(redirectUri)}">
${hidden(fields)}
<noscript><p>Script is disabled. Continue with the button.</p></noscript>
<div class="buttons"><button type="submit" class="primary">Continue</button></div>
</form>`,
    { script: 'document.forms[0].submit();' },
  );
