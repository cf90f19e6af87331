import { describe, expect, it } from '@jest/globals';
import { assertLoopback } from './loopback.js';

const remote = [
  '0.0.0.0',
  '::',
  '',
  '10.0.0.1',
  '192.168.0.127',
  '128.0.0.1',
  '1127.0.0.1',
  '127.0.0.1.example.org',
  'localhost.example.org',
  'my-localhost',
  '::10',
  'fe80::1',
  'images.example.org',
];

describe('the built-in identity', () => {
  it.each(['127.0.0.1', '127.255.255.254', '::1', 'localhost'])('listens on %s', (host) => {
    expect(() => assertLoopback(host, false)).not.toThrow();
  });

  it.each(remote)('does not listen on %j, and says what to set', (host) => {
    expect(() => assertLoopback(host, false)).toThrow(
      new RegExp(`not on ${host}: set VITRINE_IDENTITY=keystone, or VITRINE_IDENTITY_ALLOW_REMOTE=true`),
    );
  });

  it.each(remote)('listens on %j when that was asked for', (host) => {
    expect(() => assertLoopback(host, true)).not.toThrow();
  });
});
