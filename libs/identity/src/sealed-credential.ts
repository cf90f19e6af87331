import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A caller's token, and its end. */
export interface Credential {
  readonly token: string;
  readonly expiresAt: Date;
}

const cipher = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/** Opens with the same key for the same purpose only. */
export function sealCredential(key: Buffer, purpose: string, { token, expiresAt }: Credential): Buffer {
  return sealText(key, purpose, JSON.stringify([token, expiresAt.getTime()]));
}

/** undefined for what was sealed with another key or for another purpose, or is damaged */
export function openCredential(key: Buffer, purpose: string, sealed: Buffer): Credential | undefined {
  const plain = openText(key, purpose, sealed);
  if (plain === undefined) return undefined;
  const [token, ends] = JSON.parse(plain) as [string, number];
  return { token, expiresAt: new Date(ends) };
}

/** Nonce, tag, ciphertext. */
export function sealText(key: Buffer, purpose: string, text: string): Buffer {
  const nonce = randomBytes(nonceLength);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]);
}

/** undefined as above */
export function openText(key: Buffer, purpose: string, sealed: Buffer): string | undefined {
  const [nonce, tag] = [sealed.subarray(0, nonceLength), sealed.subarray(nonceLength, nonceLength + tagLength)];
  if (tag.length < tagLength) return undefined;
  const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(tag);
  try {
    return Buffer.concat([opening.update(sealed.subarray(nonceLength + tagLength)), opening.final()]).toString();
  } catch {
    return undefined;
  }
}
