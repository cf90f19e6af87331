import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { RecentlyUsed } from './recently-used.js';
import { TokenCache } from './token-cache.js';

afterEach(() => void jest.restoreAllMocks());
const later = (seconds: number) => {
  const then = Date.now() + seconds * 1000;
  jest.spyOn(Date, 'now').mockReturnValue(then);
};

/** A cache and a service that counts what it is asked. */
function counting({ size = 100, maxAgeSeconds = 300, tokenSeconds = 3600, refuse = false } = {}) {
  const cache = new TokenCache<string>({ size, maxAgeSeconds });
  const asked: string[] = [];
  const end = Date.now() + tokenSeconds * 1000;
  const get = (token: string) =>
    cache.get(
      token,
      () => end,
      () => {
        asked.push(token);
        return Promise.resolve(refuse ? undefined : `of ${token}`);
      },
    );
  return { cache, asked, get };
}

describe('an answer about a token', () => {
  it('is asked for once and then known', async () => {
    const { get, asked } = counting();
    expect([await get('t'), await get('t')]).toEqual(['of t', 'of t']);
    expect(asked).toEqual(['t']);
  });

  it('is asked for again after the greatest age, not before', async () => {
    const { get, asked } = counting({ maxAgeSeconds: 300 });
    await get('t');
    later(299);
    await get('t');
    expect(asked).toHaveLength(1);
    later(2);
    await get('t');
    expect(asked).toHaveLength(2);
  });

  it('is asked for again when the token ends, though it is young', async () => {
    const { get, asked } = counting({ maxAgeSeconds: 300, tokenSeconds: 20 });
    await get('t');
    later(21);
    await get('t');
    expect(asked).toHaveLength(2);
  });

  it('is one question for all who ask at the same time, and each time anew where the age is 0', async () => {
    const { get, asked } = counting({ maxAgeSeconds: 0 });
    expect(await Promise.all(Array.from({ length: 50 }, () => get('t')))).toEqual(Array(50).fill('of t'));
    expect(asked).toHaveLength(1);
    await get('t');
    expect(asked).toHaveLength(2);
  });

  it('that is a failure reaches all who wait, and is not kept', async () => {
    const { cache, get } = counting();
    const end = () => Infinity;
    const fail = jest.fn(() => Promise.reject(new Error('the line is cut')));
    const waiting = await Promise.allSettled([cache.get('t', end, fail), cache.get('t', end, fail)]);
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(fail).toHaveBeenCalledTimes(1);
    expect(await get('t')).toBe('of t');
  });
});

describe('a refusal', () => {
  it('is known for seconds, then asked for again', async () => {
    const { get, asked } = counting({ refuse: true });
    expect([await get('t'), await get('t')]).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
    later(6);
    await get('t');
    expect(asked).toHaveLength(2);
  });

  it('takes the place of what was known of the token', async () => {
    const { cache, get } = counting({ maxAgeSeconds: 10 });
    await get('t');
    later(11);
    const revoked = () => Promise.resolve(undefined);
    expect(await cache.get('t', () => Infinity, revoked)).toBeUndefined();
    expect(await get('t')).toBeUndefined();
  });

  it('pushes no good token out, however many there are', async () => {
    const { cache, get, asked } = counting({ size: 10 });
    await get('good');
    const refuse = () => Promise.resolve(undefined);
    for (let made = 0; made < 100; made++) await cache.get(`made-up ${made}`, () => Infinity, refuse);
    await get('good');
    expect(asked).toEqual(['good']);
  });
});

describe('the bound of the cache', () => {
  it('pushes out what was not used for the longest time, and nothing else', async () => {
    const { get, asked } = counting({ size: 3 });
    for (const token of ['a', 'b', 'c', 'a', 'd']) await get(token);
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
    for (const token of ['a', 'c', 'd']) await get(token);
    expect(asked).toHaveLength(4);
    await get('b');
    expect(asked).toHaveLength(5);
  });

  it('holds for any number of keys', () => {
    const map = new RecentlyUsed<number>(1000);
    for (let key = 0; key < 5000; key++) map.set(String(key), key);
    expect(map.size).toBe(1000);
    expect([map.get('3999'), map.get('4000')]).toEqual([undefined, 4000]);
  });
});
