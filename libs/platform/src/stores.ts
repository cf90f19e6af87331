import { openStore, parseStores, type ObjectStore } from '#object-store';

/** The stores of the configuration by name; the first is the default and also keeps what is staged. */
export class Stores {
  private readonly byName: ReadonlyMap<string, ObjectStore>;

  constructor(readonly all: readonly ObjectStore[]) {
    this.byName = new Map(all.map((store) => [store.name, store]));
  }

  static fromConfig(spec: string): Stores {
    return new Stores(parseStores(spec).map(({ name, url }) => openStore(name, url)));
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
