import {
  StoreError,
  StreamReader,
  type ByteRange,
  type ObjectEntry,
  type ObjectReader,
  type ObjectStore,
  type ObjectWriter,
} from '#object-store';
import { ForbiddenSource } from './address-guard.js';
import { openWebSource, sizeOfWebSource, WebSourceError, type WebSourceOptions } from './web-source.js';

/**
 * Image data that lies on web servers and is only registered here: an object's key is its URL, read under the rules of
 * downloads. Nothing is ever written or removed.
 */
export class WebStore implements ObjectStore {
  readonly kind = 'http';
  readonly readOnly = true;

  constructor(
    readonly name: string,
    private readonly options: WebSourceOptions,
    readonly weight = 0,
  ) {}

  /** Whoever registers a URL reads it once, to know its size and digests; the bytes go nowhere. */
  create(): Promise<ObjectWriter> {
    const nothing = () => Promise.resolve();
    return Promise.resolve({ write: nothing, commit: nothing, abort: nothing });
  }

  async read(url: string, range?: ByteRange): Promise<ObjectReader> {
    try {
      const source = await openWebSource(url, { ...this.options, ...(range && { range }) });
      source.stream.once('close', () => void source.close());
      return new StreamReader(source.stream, source.size ?? 0n, (error) => this.told(error));
    } catch (error) {
      throw this.told(error);
    }
  }

  /** As the server tells it; one that does not say a size of more than nothing cannot be relied on. */
  async stat(url: string): Promise<ObjectEntry | undefined> {
    try {
      const size = await sizeOfWebSource(url, this.options);
      if (!size) throw new WebSourceError('The server does not say how large the data is.', false);
      return { key: url, size, modifiedAt: new Date(0) };
    } catch (error) {
      const told = this.told(error);
      if (told.code === 'missing') return undefined;
      throw told;
    }
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }

  locationOf(url: string): string {
    return url;
  }

  async *list(): AsyncIterable<ObjectEntry> {
    // There is nothing here that is ours.
  }

  removeUnfinished(): Promise<number> {
    return Promise.resolve(0);
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private told(error: unknown): StoreError {
    if (error instanceof ForbiddenSource) return new StoreError('denied', this.name, error.message, { cause: error });
    const reason = error instanceof Error ? error.message : 'unknown failure';
    const isGone = error instanceof WebSourceError && error.final;
    return new StoreError(isGone ? 'missing' : 'unavailable', this.name, reason, { cause: error });
  }
}
