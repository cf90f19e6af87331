import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openCredential, sealCredential } from './sealed-credential.js';

const key = randomBytes(32);
const credential = { token: `gAAAA${'ü'.repeat(200)}`, expiresAt: new Date('2026-01-02T03:04:05.678Z') };

describe('a credential', () => {
  it('comes back as it was, and its token is nowhere in what is kept', () => {
    const sealed = sealCredential(key, 'import t1', credential);
    expect(openCredential(key, 'import t1', sealed)).toEqual(credential);
    expect(sealed.includes('gAAAA')).toBe(false);
    expect(sealed.toString('base64')).not.toContain(Buffer.from('gAAAA').toString('base64'));
  });

  it('is sealed differently each time', () => {
    const [one, other] = [sealCredential(key, 'x', credential), sealCredential(key, 'x', credential)];
    expect(one.equals(other)).toBe(false);
  });

  it('opens with no other key and for no other purpose', () => {
    const sealed = sealCredential(key, 'import t1', credential);
    expect(openCredential(randomBytes(32), 'import t1', sealed)).toBeUndefined();
    expect(openCredential(key, 'import t2', sealed)).toBeUndefined();
  });

  it('that any byte of was changed, or that was cut, does not open', () => {
    const sealed = sealCredential(key, 'x', credential);
    for (const at of [0, 11, 12, 27, 28, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(openCredential(key, 'x', changed)).toBeUndefined();
    }
    for (const length of [0, 12, 20, 28, sealed.length - 1]) {
      expect(openCredential(key, 'x', sealed.subarray(0, length))).toBeUndefined();
    }
  });
});
