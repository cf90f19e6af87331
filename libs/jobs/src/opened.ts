interface Connected {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A queue or worker of BullMQ, made at its first use and made again when its first contact with the database failed: it would
 * remember that failure for ever.
 */
export class Opened<T extends Connected> {
  private one: T | undefined;
  private ready: Promise<T> | undefined;
  private isClosed = false;

  constructor(private readonly make: () => T) {}

  /** Ready for use. @throws what the first contact failed with */
  get(): Promise<T> {
    this.ready ??= this.open().catch((error: unknown) => {
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }

  /** Also while it waits for its first contact, which may never come. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.one?.close();
  }

  private async open(): Promise<T> {
    if (this.isClosed) throw new Error('the queue is closed');
    const one = (this.one = this.make());
    try {
      await one.waitUntilReady();
      return one;
    } catch (error) {
      await one.close().catch(() => undefined);
      throw error;
    }
  }
}
