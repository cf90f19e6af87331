import { createHash } from 'node:crypto';
import { RecentlyUsed } from './recently-used.js';

export interface TokenCacheOptions {
  /** answers kept */
  readonly size: number;
  /** how long one is good at most; 0: only for those who wait for it */
  readonly maxAgeSeconds: number;
}

interface Good<T> {
  readonly answer: T;
  /** milliseconds since 1970 */
  readonly until: number;
}

/** A token that is no good is most likely asked again by the client's next try; it may also become good. */
const refusalSeconds = 5;

/**
 * What is known of tokens: bounded in number and age, one question at a time about one token. Tokens are known by their
 * hash only, so that no dump of the memory has a cache of them. Refusals have a place of their own: whoever sends made-up
 * tokens does not push the good ones out.
 */
export class TokenCache<T> {
  private readonly good: RecentlyUsed<Good<T>>;
  private readonly refused: RecentlyUsed<number>;
  private readonly asked = new Map<string, Promise<T | undefined>>();

  constructor(private readonly options: TokenCacheOptions) {
    this.good = new RecentlyUsed(options.size);
    this.refused = new RecentlyUsed(options.size);
  }

  /** @param ask undefined for a token that is no good; `until`: when the token itself ends. Its failures are not kept. */
  get(token: string, until: (answer: T) => number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const now = Date.now();
    const known = this.good.get(key);
    if (known && now < known.until) return Promise.resolve(known.answer);
    if (now < (this.refused.get(key) ?? 0)) return Promise.resolve(undefined);
    const asking = this.asked.get(key) ?? this.remember(key, until, ask());
    this.asked.set(key, asking);
    return asking;
  }

  private async remember(
    key: string,
    until: (answer: T) => number,
    asking: Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { maxAgeSeconds } = this.options;
    try {
      const answer = await asking;
      const now = Date.now();
      this.good.delete(key);
      if (answer === undefined) this.refused.set(key, now + Math.min(refusalSeconds, maxAgeSeconds) * 1000);
      else this.good.set(key, { answer, until: Math.min(until(answer), now + maxAgeSeconds * 1000) });
      return answer;
    } finally {
      this.asked.delete(key);
    }
  }
}
