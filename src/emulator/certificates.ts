import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

/** A certificate and the key that belongs to it, both as PEM. */
export interface CertificateWithKey {
  readonly certificate: string;
  readonly privateKey: string;
}

const dayMilliseconds = 86_400_000;
/** Short, since a CA that somebody trusted must not stay useful for long; long enough for a machine left on for days. */
const validityMilliseconds = 7 * dayMilliseconds;
const clockSkewMilliseconds = 3_600_000;

const oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  sha256WithRsa: '1.2.840.113549.1.1.11',
} as const;

const loopbackV4 = Buffer.from([127, 0, 0, 1]);
const loopbackV6 = Buffer.from([...Array<number>(15).fill(0), 1]);

const name = (commonName: string): Buffer =>
  sequence(set(sequence(objectIdentifier(oid.commonName), utf8String(commonName))));

const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));

/** @param bits the numbers of the bits that are set (RFC 5280 section 4.2.1.3) */
function keyUsage(...bits: readonly number[]): Buffer {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension(oid.keyUsage, true, bitString(Buffer.from([byte]), 7 - Math.max(...bits)));
}

const digitalSignature = 0;
const keyCertSign = 5;
const crlSign = 6;

const exportPublicKey = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** RFC 5280 section 4.2.1.2 (1): SHA-1 over the public key's bits, which end the SubjectPublicKeyInfo. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  // An EC point of P-256 is the last 65 bytes; RSA's bits are its PKCS #1 form
  const bits =
    publicKey.asymmetricKeyType === 'ec'
      ? exportPublicKey(publicKey).subarray(-65)
      : publicKey.export({ type: 'pkcs1', format: 'der' });
  return createHash('sha1').update(bits).digest();
}

interface Issuer {
  readonly commonName: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function issue(
  subject: { commonName: string; publicKey: KeyObject },
  issuer: Issuer,
  extensions: readonly Uint8Array[],
  lifetimeMilliseconds: number,
): string {
  const algorithm =
    issuer.privateKey.asymmetricKeyType === 'ec'
      ? sequence(objectIdentifier(oid.ecdsaWithSha256))
      : sequence(objectIdentifier(oid.sha256WithRsa), Buffer.from([0x05, 0x00]));
  const now = Date.now();
  const toBeSigned = sequence(
    contextConstructed(0, integer(2)),
    integer(Buffer.from([0x40, ...randomBytes(15)])),
    algorithm,
    name(issuer.commonName),
    sequence(time(new Date(now - clockSkewMilliseconds)), time(new Date(now + lifetimeMilliseconds))),
    name(subject.commonName),
    exportPublicKey(subject.publicKey),
    contextConstructed(
      3,
      sequence(
        extension(oid.subjectKeyIdentifier, false, octetString(keyIdentifier(subject.publicKey))),
        extension(oid.authorityKeyIdentifier, false, sequence(contextPrimitive(0, keyIdentifier(issuer.publicKey)))),
        ...extensions,
      ),
    ),
  );
  const der = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, issuer.privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' });

/**
 * A CA of its own for each emulator, and the server certificate of localhost under it. The CA's key is thrown away as
 * soon as it has signed, and the CA is good for loopback names only: who trusts it risks nothing elsewhere.
 */
export function createServerCertificate(): { readonly ca: string; readonly server: CertificateWithKey } {
  const caKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Its own name each time: a trust store that still holds the last run's CA must not mix them up
  const ca: Issuer = { commonName: `Entra token emulator CA ${randomBytes(4).toString('hex')}`, ...caKeys };
  const permitted = [
    contextPrimitive(2, Buffer.from('localhost')),
    contextPrimitive(7, Buffer.concat([loopbackV4, Buffer.alloc(4, 0xff)])),
    contextPrimitive(7, Buffer.concat([loopbackV6, Buffer.alloc(16, 0xff)])),
  ];
  const caCertificate = issue(
    ca,
    ca,
    [
      extension(oid.basicConstraints, true, sequence(boolean(true), integer(0))),
      keyUsage(keyCertSign, crlSign),
      extension(oid.nameConstraints, true, sequence(contextConstructed(0, ...permitted.map((each) => sequence(each))))),
    ],
    validityMilliseconds,
  );

  const serverKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = issue(
    { commonName: 'localhost', publicKey: serverKeys.publicKey },
    ca,
    [
      extension(oid.basicConstraints, true, sequence()),
      keyUsage(digitalSignature),
      extension(oid.extendedKeyUsage, false, sequence(objectIdentifier(oid.serverAuth))),
      extension(
        oid.subjectAltName,
        false,
        sequence(
          contextPrimitive(2, Buffer.from('localhost')),
          contextPrimitive(7, loopbackV4),
          contextPrimitive(7, loopbackV6),
        ),
      ),
    ],
    validityMilliseconds,
  );
  return { ca: caCertificate, server: { certificate, privateKey: pem(serverKeys.privateKey) } };
}

/**
 * A self-signed RSA certificate, as people make one for an application's client assertions.
 * @param lifetimeMilliseconds from now; a negative one gives a certificate that has expired (not before an hour ago)
 * @param privateKey PEM of a key to use again; without it a new one is made
 */
export function createSelfSignedCertificate(
  commonName: string,
  {
    lifetimeMilliseconds = validityMilliseconds,
    privateKey,
  }: { lifetimeMilliseconds?: number; privateKey?: KeyObject } = {},
): CertificateWithKey {
  const key = privateKey ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const publicKey = createPublicKey(key);
  const self: Issuer = { commonName, privateKey: key, publicKey };
  return {
    certificate: issue(self, self, [keyUsage(digitalSignature)], lifetimeMilliseconds),
    privateKey: pem(key),
  };
}
