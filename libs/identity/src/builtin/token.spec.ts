import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newAuditId, readToken, signToken, type TokenClaims } from './token.js';

const key = randomBytes(32);
const claims: TokenClaims = { user: 'u1', project: 'p1', issued: 1_800_000_000, expires: 1_800_086_400, audit: 'a1' };

describe('a token', () => {
  it('says what was signed, whatever that is', () => {
    const text = fc.string({ unit: 'grapheme' });
    const any = fc.record({ user: text, project: text, issued: fc.nat(), expires: fc.nat(), audit: text });
    fc.assert(fc.property(any, (given) => expect(readToken(signToken(given, key), key)).toEqual(given)));
  });

  it('can stand in a header', () => {
    expect(signToken({ ...claims, user: 'Jürgen\r\nX-Roles: admin' }, key)).toMatch(/^vt\.[\w-]+\.[\w-]+$/);
  });

  it('says nothing to the holder of another key', () => {
    const token = signToken(claims, key);
    expect(readToken(token, randomBytes(32))).toBeUndefined();
    expect(readToken(token, Buffer.alloc(0))).toBeUndefined();
    expect(readToken(token, key.subarray(0, 31))).toBeUndefined();
  });

  it('of which any one character was changed, taken away or added is none', () => {
    const token = signToken(claims, key);
    for (let at = 0; at <= token.length; at++) {
      const [before, character, after] = [token.slice(0, at), token.slice(at, at + 1), token.slice(at + 1)];
      for (const other of ['A', 'B', 'g', '0', '-', '_', '.', '=', '!', ' ', '\n', 'é']) {
        if (other !== character) expect(readToken(`${before}${other}${after}`, key)).toBeUndefined();
        expect(readToken(`${before}${other}${character}${after}`, key)).toBeUndefined();
      }
      if (character !== '') expect(readToken(before + after, key)).toBeUndefined();
    }
  });

  it("with another one's claims under its signature is none", () => {
    const [prefix, , signature] = signToken(claims, key).split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, user: 'admin' })).toString('base64url');
    expect(readToken(`${prefix}.${forged}.${signature}`, key)).toBeUndefined();
  });

  it.each(['', '.', '..', 'vt', 'vt.', 'vt..', 'vt.e30.', 'vt..e30', 'vt.e30.e30', 'vt.e30.e30.e30', 'gAAAAABk', '\0'])(
    'is not %j',
    (garbage) => {
      expect(readToken(garbage, key)).toBeUndefined();
    },
  );

  it('is not a megabyte of letters', () => {
    expect(readToken('x'.repeat(1 << 20), key)).toBeUndefined();
    expect(readToken(`vt.${'x'.repeat(1 << 20)}.${'y'.repeat(1 << 20)}`, key)).toBeUndefined();
  });
});

it('an audit id is never given twice', () => {
  expect(new Set(Array.from({ length: 1000 }, newAuditId)).size).toBe(1000);
});
