import { hash } from 'node:crypto';
import {
  ConfidentialClientApplication,
  PublicClientApplication,
  type Configuration,
  type NodeAuthOptions,
} from '@azure/msal-node';
import type { Cloud } from '../cloud/environments.ts';
import type { CheckedCertificate } from '../platform/host-certificate.ts';
import { hostSignedAssertions, presentedAssertion } from './client-assertion.ts';
import { endpointsOf } from './endpoints.ts';
import { loggerOptions } from './logger.ts';
import { network } from './network.ts';

/** How a confidential client proves itself. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  | {
      readonly kind: 'certificate';
      /** PEM, not encrypted. */
      readonly privateKey: string;
      /** SHA-256 of the certificate's DER, hexadecimal. */
      readonly thumbprint: string;
      /** The certificate and its chain, PEM; sent only when Entra is to find the key by subject name and issuer. */
      readonly chain?: string | undefined;
    }
  /** Its private key stays with the host, which signs each assertion. */
  | { readonly kind: 'hostCertificate'; readonly certificate: CheckedCertificate }
  | { readonly kind: 'assertion'; readonly assertion: string }
  /** A token that each request brings along (`presenting`). */
  | {
      readonly kind: 'presented';
      /** Whatever decides whose token that is, as plain data. */
      readonly by: unknown;
    };

export interface ClientIdentity {
  readonly cloud: Cloud;
  /** GUID, domain name, `organizations` or `common`. */
  readonly tenant: string;
  readonly clientId: string;
}

/** Enough for every client of a busy session; past it the one unused longest goes, its cached tokens with it. */
const maximumApplications = 500;

/**
 * MSAL's applications of this engine, one per authority, tenant, client and credential: MSAL keeps its token cache in
 * the application, so a new secret is a new credential and never gets a token that another one was given.
 */
const confidentialClients = new Map<string, ConfidentialClientApplication>();
const publicClients = new Map<string, PublicClientApplication>();

export function confidentialClient(
  identity: ClientIdentity,
  credential: ClientCredential,
): ConfidentialClientApplication {
  const key = keyOf(identity, JSON.stringify(credential));
  return recall(confidentialClients, key, () => {
    return new ConfidentialClientApplication(configuration(identity, credentialOptions(credential)));
  });
}

export function publicClient(identity: ClientIdentity): PublicClientApplication {
  return recall(publicClients, keyOf(identity, ''), () => new PublicClientApplication(configuration(identity, {})));
}

/** Forgets every application, and so every token that MSAL has cached. */
export function forgetApplications(): void {
  confidentialClients.clear();
  publicClients.clear();
}

/** The credential is hashed: a key may end up in a heap snapshot or a debugger. */
function keyOf(identity: ClientIdentity, credential: string): string {
  const parts = [identity.cloud.authorityHost, identity.tenant.toLowerCase(), identity.clientId.toLowerCase()];
  return hash('sha256', JSON.stringify([...parts, credential]), 'base64');
}

/** A Map lists its keys in the order they were set, so setting a used one again keeps the oldest first. */
function recall<Application>(known: Map<string, Application>, key: string, create: () => Application): Application {
  const application = known.get(key) ?? create();
  known.delete(key);
  known.set(key, application);
  if (known.size > maximumApplications) {
    const oldest = known.keys().next().value;
    if (oldest !== undefined) known.delete(oldest);
  }
  return application;
}

function configuration(identity: ClientIdentity, credential: Partial<NodeAuthOptions>): Configuration {
  const { authorityHost, wellKnown } = identity.cloud;
  const authority = `${authorityHost}/${identity.tenant}`;
  return {
    auth: {
      clientId: identity.clientId,
      authority,
      // MSAL would ask login.microsoftonline.com whether it knows any other host, and that host where its endpoints are.
      ...(wellKnown
        ? {}
        : { knownAuthorities: [new URL(authorityHost).host], authorityMetadata: endpointsOf(authority) }),
      ...credential,
    },
    system: { networkClient: network, loggerOptions },
  };
}

function credentialOptions(credential: ClientCredential): Partial<NodeAuthOptions> {
  switch (credential.kind) {
    case 'secret':
      return { clientSecret: credential.secret };
    case 'hostCertificate':
      return { clientAssertion: hostSignedAssertions(credential.certificate) };
    case 'assertion':
      return { clientAssertion: credential.assertion };
    case 'presented':
      return { clientAssertion: presentedAssertion };
    case 'certificate':
      return {
        clientCertificate: {
          thumbprintSha256: credential.thumbprint,
          privateKey: credential.privateKey,
          ...(credential.chain === undefined ? {} : { x5c: credential.chain }),
        },
      };
  }
}
