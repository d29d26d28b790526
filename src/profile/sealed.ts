import type { CipherGCM, DecipherGCM } from 'node:crypto';

/**
 * What a sealed file is: magic (4 bytes), id of the key (8), initialization vector (12), tag (16), ciphertext;
 * AES-256-GCM (NIST SP 800-38D).
 */
const magic = Buffer.from('EAC1');
const keyIdLength = 8;
const ivLength = 12;
const tagLength = 16;
const headLength = magic.length + keyIdLength;
const textStart = headLength + ivLength + tagLength;

/** The key that all files of a store are sealed with. */
export interface StoreKey {
  /** 32 bytes. */
  readonly bytes: Buffer;
  /** Tells keys apart and says nothing of the key: 16 hexadecimal digits. */
  readonly id: string;
}

/** What a file is for and whose it is. Only with the same context can it be opened: no file can stand in for another. */
export type SealContext = readonly string[];

export function storeKey(bytes: Buffer): StoreKey {
  const { createHash } = loadCrypto();
  const id = createHash('sha256').update('entra-auth-cli key id').update(bytes).digest('hex');
  return { bytes, id: id.slice(0, 2 * keyIdLength) };
}

export function seal(text: string, { bytes, id }: StoreKey, context: SealContext): Buffer {
  const { createCipheriv, randomBytes } = loadCrypto();
  const head = Buffer.concat([magic, Buffer.from(id, 'hex')]);
  const iv = randomBytes(ivLength);
  const cipher: CipherGCM = createCipheriv('aes-256-gcm', bytes, iv, { authTagLength: tagLength });
  cipher.setAAD(additionalData(head, context));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([head, iv, cipher.getAuthTag(), sealed]);
}

/** The id of the key that a file was sealed with; undefined when it is no sealed file. */
export function sealedWith(file: Buffer): string | undefined {
  if (file.length < textStart || !file.subarray(0, magic.length).equals(magic)) return undefined;
  return file.toString('hex', magic.length, headLength);
}

/** What was sealed; undefined when the file was altered, or sealed with another key or in another context. */
export function unseal(file: Buffer, { bytes }: StoreKey, context: SealContext): string | undefined {
  if (sealedWith(file) === undefined) return undefined;
  const { createDecipheriv } = loadCrypto();
  const iv = file.subarray(headLength, headLength + ivLength);
  const decipher: DecipherGCM = createDecipheriv('aes-256-gcm', bytes, iv, { authTagLength: tagLength });
  decipher.setAAD(additionalData(file.subarray(0, headLength), context));
  decipher.setAuthTag(file.subarray(headLength + ivLength, textStart));
  try {
    return Buffer.concat([decipher.update(file.subarray(textStart)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** JSON keeps the parts of a context apart, whatever is in them. */
function additionalData(head: Buffer, context: SealContext): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify(context))]);
}

/** Loading it takes milliseconds, which a command that opens no sealed file need not spend. */
function loadCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}
