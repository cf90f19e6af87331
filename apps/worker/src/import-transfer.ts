import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { Blob, DataReport, Import } from '#domain';
import { ingest, openWebSource } from '#image-data';
import type { ObjectStore } from '#object-store';
import { CONFIG, Images, Stores } from '#platform';

interface Source {
  readonly stream: Readable;
  readonly size: bigint | undefined;
  close(): Promise<void>;
}

/** Moves an import's bytes: from where they are into its first store, and from there into the others. */
@Injectable()
export class ImportTransfer {
  constructor(
    @Inject(Stores) private readonly stores: Stores,
    @Inject(Images) private readonly images: Images,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async run(imageId: string, wanted: Import, key: string, signal: AbortSignal): Promise<DataReport> {
    const [first, ...others] = wanted.stores.map((name) => this.stores.get(name));
    const source = await this.open(imageId, wanted, signal);
    try {
      const found = await this.copy(source, first!, key, signal);
      for (const store of others) await this.copy(await this.read(first!, key), store, key, signal);
      return found;
    } finally {
      await source.close();
    }
  }

  /** Removes what an attempt that failed has written. */
  async discard(wanted: Import, key: string): Promise<void> {
    await Promise.all(wanted.stores.map((name) => this.stores.get(name).delete(key)));
  }

  private async copy(
    { stream, size }: Source,
    store: ObjectStore,
    key: string,
    signal: AbortSignal,
  ): Promise<DataReport> {
    const writer = await store.create(key);
    const limits = { sizeLimit: this.config.imageSizeCap, expectedSize: size, signal };
    const found = await ingest(stream, writer, limits);
    return { ...found, virtualSize: found.virtualSize ?? null };
  }

  private async open(imageId: string, { method }: Import, signal: AbortSignal): Promise<Source> {
    if (method.name === 'web-download') return openWebSource(method.uri, this.config.imports, signal);
    const { state } = await this.images.load(imageId);
    const staged = state?.blobs.find((blob: Blob) => blob.state === 'staged');
    if (!staged) throw new Error('the staged data is gone');
    return this.read(this.stores.get(staged.store), staged.key);
  }

  private async read(store: ObjectStore, key: string): Promise<Source> {
    const reader = await store.read(key);
    const stream = reader.stream();
    return { stream, size: reader.size, close: () => Promise.resolve(void stream.destroy()) };
  }
}
