import type { RequestContext } from '../../platform/request-context.ts';
import { inWords } from './duration.ts';
import type { TokenRequest } from './profile-token.ts';
import type { Shell } from '../shell.ts';
import { signInElsewhere } from './sign-in-elsewhere.ts';

/** What a token request may use and tell on a command line. */
export function requestContext({ timeout }: TokenRequest, shell: Shell): RequestContext {
  const { environment, signal } = shell;
  const within = `within ${inWords(timeout)} (--timeout gives more)`;
  let told = false;
  return {
    environment,
    signal,
    log(level, message) {
      // MSAL's own lines are for its developers.
      if (level === 'debug' && typeof message !== 'string') return;
      const text = typeof message === 'string' ? message : message();
      if (level === 'warning') shell.tell(`entra-auth-cli: ${text}`);
      else shell.explain(text);
    },
    // What a person has to do is shown once; there is no bar to move.
    progress(_activity, _status, until) {
      if (until === undefined || told) return;
      told = true;
      shell.tell(`Finish the sign-in in the browser window that has opened, ${within}.`);
    },
    deviceCode({ message }) {
      told = true;
      shell.must(message);
      shell.tell(`Finish the sign-in ${within}.`);
    },
    signInElsewhere(signIn) {
      told = true;
      signInElsewhere(signIn, within, shell);
    },
  };
}
