const own = /^(?:AZURE|IDENTITY|MSI|SYSTEM|ACTIONS|ENTRA_AUTH_CLI)_|^IMDS_ENDPOINT$|^(?:HTTPS?|ALL|NO)_PROXY$/i;

/**
 * Takes the developer's own credentials, settings and proxies out of an environment. What a test doesn't say itself leads to
 * a port where nobody listens, also in the programs that it spawns.
 */
export function isolate(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    if (own.test(name)) Reflect.deleteProperty(environment, name);
  }
  environment['AZURE_AUTHORITY_HOST'] = 'https://127.0.0.1:1';
  environment['AZURE_POD_IDENTITY_AUTHORITY_HOST'] = 'http://127.0.0.1:1';
}
