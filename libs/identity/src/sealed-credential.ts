import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A caller's token, and its end. */
export interface Credential {
  readonly token: string;
  readonly expiresAt: Date;
}

const cipher = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/** Nonce, tag, ciphertext. Opens with the same key for the same purpose only. */
export function sealCredential(key: Buffer, purpose: string, { token, expiresAt }: Credential): Buffer {
  const nonce = randomBytes(nonceLength);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(purpose));
  const plain = JSON.stringify([token, expiresAt.getTime()]);
  const sealed = Buffer.concat([sealing.update(plain, 'utf8'), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]);
}

/** undefined for what was sealed with another key or for another purpose, or is damaged */
export function openCredential(key: Buffer, purpose: string, sealed: Buffer): Credential | undefined {
  const [nonce, tag] = [sealed.subarray(0, nonceLength), sealed.subarray(nonceLength, nonceLength + tagLength)];
  if (tag.length < tagLength) return undefined;
  const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(tag);
  try {
    const plain = Buffer.concat([opening.update(sealed.subarray(nonceLength + tagLength)), opening.final()]);
    const [token, ends] = JSON.parse(plain.toString()) as [string, number];
    return { token, expiresAt: new Date(ends) };
  } catch {
    return undefined;
  }
}
