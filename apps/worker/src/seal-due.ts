import type { Unsealed } from '#event-store';

/**
 * When the next segment is to be sealed: when it is full, or when an event has waited long enough. The wait is measured by a
 * clock that nobody sets; only of what was there before this process is the time asked that it was recorded at.
 */
export class SealDue {
  private waitsBehind: number | undefined;
  private waitsSinceMs = 0;
  private isNew = true;

  constructor(
    private readonly bounds: { readonly events: number; readonly seconds: number },
    private readonly clocks = { steadyMs: () => performance.now(), wallMs: () => Date.now() },
  ) {}

  /** `last`: position up to which the log is sealed */
  isDue(last: number, { count, since }: Unsealed): boolean {
    if (since === undefined) {
      this.waitsBehind = undefined;
      this.isNew = false;
      return false;
    }
    const nowMs = this.clocks.steadyMs();
    const limitMs = this.bounds.seconds * 1000;
    if (this.waitsBehind !== last) {
      const waitedMs = this.isNew ? Math.max(0, Math.min(limitMs, this.clocks.wallMs() - since.getTime())) : 0;
      this.waitsBehind = last;
      this.waitsSinceMs = nowMs - waitedMs;
      this.isNew = false;
    }
    return count >= this.bounds.events || nowMs - this.waitsSinceMs >= limitMs;
  }
}
