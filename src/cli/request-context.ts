import type { RequestContext } from '../platform/request-context.ts';
import type { TokenRequest } from './profile-token.ts';
import type { Shell } from './shell.ts';
import { signInElsewhere } from './sign-in-elsewhere.ts';

/** What a token request may use and tell on a command line. */
export function requestContext(request: TokenRequest, shell: Shell): RequestContext {
  const { environment, signal } = shell;
  return {
    environment,
    signal,
    log(level, message) {
      if (level === 'warning') shell.tell(message);
      else if (request.verbose && level === 'verbose') shell.must(message);
    },
    // A terminal shows at once what a person has to do; there is no bar to move.
    progress() {},
    deviceCode: ({ message }) => shell.must(message),
    signInElsewhere: (signIn) => signInElsewhere(signIn, shell),
  };
}
