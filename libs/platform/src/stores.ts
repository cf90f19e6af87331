import type { Config } from '#config';
import { WebStore } from '#image-data';
import { openStore, parseStores, weightOf, type ObjectStore } from '#object-store';

/** The stores of the configuration by name; the first is the default and also keeps what is staged. */
export class Stores {
  private readonly byName: ReadonlyMap<string, ObjectStore>;

  constructor(readonly all: readonly ObjectStore[]) {
    this.byName = new Map(all.map((store) => [store.name, store]));
  }

  static fromConfig({ stores, imports }: Pick<Config, 'stores' | 'imports'>): Stores {
    const opened = parseStores(stores).map(({ name, url }) =>
      /^https?:/.test(url) ? new WebStore(name, imports, weightOf(name, url)) : openStore(name, url),
    );
    if (opened[0]!.readOnly) throw new Error(`VITRINE_STORES: the first store, ${opened[0]!.name}, must take uploads`);
    return new Stores(opened);
  }

  /** those that bytes can be written to */
  get writable(): readonly ObjectStore[] {
    return this.all.filter(({ readOnly }) => !readOnly);
  }

  /** the one that data on web servers is registered in */
  get web(): ObjectStore | undefined {
    return this.all.find(({ kind }) => kind === 'http');
  }

  get default(): ObjectStore {
    return this.all[0]!;
  }

  find(name: string): ObjectStore | undefined {
    return this.byName.get(name);
  }

  /** @throws Error for a store that the log names and the configuration does not */
  get(name: string): ObjectStore {
    const store = this.byName.get(name);
    if (!store) throw new Error(`store ${name} is not configured: VITRINE_STORES names ${this.names}`);
    return store;
  }

  /** for a person: comma-separated */
  get names(): string {
    return [...this.byName.keys()].join(', ');
  }

  get weights(): Record<string, number> {
    return Object.fromEntries(this.all.map(({ name, weight }) => [name, weight]));
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((store) => store.close()));
  }
}
