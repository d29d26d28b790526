import type { Wording } from '../platform/request-context.ts';
import type { ProfileTokenDemand } from './profile-token.ts';

/** How entra-auth-cli's errors advise: in words of its command line. */
export function profileWording({ profile, flow, timeout, credential }: ProfileTokenDemand): Wording {
  const unattended = flow === 'client-credentials';
  const signIn = `entra-auth-cli get-token --profile ${profile}`;
  const signInAgain = unattended
    ? 'See to the policies (Conditional Access) for this application.'
    : `Sign in again: ${signIn} --flow ${flow} --force`;
  const edit = `entra-auth-cli config edit ${profile}`;
  // A profile whose certificate file had no password is of another kind than one whose file has.
  const passwordless = credential.kind === 'certificateFile' && credential.password === undefined;
  const certificate = passwordless ? '--auth-method Certificate ' : '';
  return {
    scope: "the scopes (--scope, or the profile's)",
    resource: "the scopes (--scope, or the profile's)",
    timeout: `--timeout ${duration(timeout * 2)}`,
    managedIdentity: "the profile's client id",
    signInAgain,
    answerChallenge: signInAgain,
    certificatePassword: `Store the right one with: ${edit} ${certificate}--certificate-password-file -`,
    refusals: {
      7000215: {
        code: 'InvalidClient',
        advice: `Check the client secret: its value is needed, not its id. Store it with: ${edit} --client-secret-file -`,
      },
      7000222: {
        code: 'InvalidClient',
        advice: `The client secret has expired. Create a new one for the app registration, and store it with: ${edit} --client-secret-file -`,
      },
      7000218: {
        code: 'InvalidClient',
        advice:
          flow === 'authorization-code' || unattended
            ? `The application is a confidential one: give the profile a secret or a certificate with: ${edit}`
            : "Switch 'Allow public client flows' on in its app registration, or use --flow authorization-code " +
              'with a profile that has a secret or a certificate.',
      },
      700025: {
        code: 'InvalidClient',
        advice: 'The application is a public client, which proves nothing: use --flow interactive or device-code.',
      },
      ...(credential.kind === 'workloadIdentity' ? federationRefusals : {}),
      65001: {
        code: 'ConsentRequired',
        advice:
          'Nobody has consented to these scopes. Ask an administrator, or sign in with: ' +
          `${signIn} --flow ${unattended ? 'interactive' : flow} --force`,
      },
    },
  };
}

/** Entra's message says what the token has. */
const federationRefusals: Wording['refusals'] = {
  70025: {
    code: 'InvalidClient',
    advice: 'Add a federated credential for this workload to its app registration.',
  },
  700211: {
    code: 'InvalidClient',
    advice: "Give a federated credential of the application this token's issuer, to the letter.",
  },
  700212: {
    code: 'InvalidClient',
    advice: "Give a federated credential of the application this token's audience, to the letter.",
  },
  700213: {
    code: 'InvalidClient',
    advice: "Give a federated credential of the application this token's subject, to the letter.",
  },
  700024: {
    code: 'InvalidClient',
    advice:
      'The token of the workload is outside of its time: see that whoever gives it renews it, and check the clock.',
  },
};

/** As `--timeout` takes it. @param milliseconds */
function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
