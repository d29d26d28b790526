import type { RequestContext } from '../platform/request-context.ts';
import type { TokenRequest } from './profile-token.ts';
import type { Shell } from './shell.ts';
import { signInElsewhere } from './sign-in-elsewhere.ts';

/** What a token request may use and tell on a command line. */
export function requestContext(request: TokenRequest, shell: Shell): RequestContext {
  const { environment, signal } = shell;
  let told = false;
  const once =
    <Task>(tell: (task: Task) => void) =>
    (task: Task): void => {
      told = true;
      tell(task);
    };
  return {
    environment,
    signal,
    log(level, message) {
      if (level === 'warning') shell.tell(`entra-auth-cli: ${message}`);
      else if (request.verbose && level === 'verbose') shell.must(message);
    },
    // What a person has to do is shown once; there is no bar to move.
    progress(_activity, status, until) {
      if (until !== undefined && !told) shell.tell(status);
    },
    deviceCode: once(({ message }) => shell.must(message)),
    signInElsewhere: once((signIn) => signInElsewhere(signIn, shell)),
  };
}
