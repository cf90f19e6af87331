import { randomUUID } from 'node:crypto';
import type { MetadefCommand, MetadefState } from '#domain';
import { Database, EventStore, type AggregateChange } from '#event-store';
import { systemActor } from './cause.js';
import { Metadefs } from './metadefs.js';

type Short<C> = C extends MetadefCommand ? Omit<C, 'actor' | 'at'> : never;

/** The metadata definitions of an installation. */
export class TestInstallation {
  readonly store: EventStore;
  private readonly database: Database;
  private readonly metadefs: Metadefs;

  constructor(readonly url: string) {
    this.database = new Database({ url });
    this.store = new EventStore(this.database);
    this.metadefs = new Metadefs(this.store);
  }

  run(id: string, command: Short<MetadefCommand>): Promise<AggregateChange<MetadefState>> {
    return this.metadefs.execute(id, { ...command, actor: systemActor, at: new Date() }, { requestId: 'req-1' });
  }

  createNamespace(namespace: string, id: string = randomUUID()): Promise<AggregateChange<MetadefState>> {
    return this.run(id, { type: 'CreateNamespace', id, given: { namespace, owner: 'admin' } });
  }

  /** The names of all namespaces that there are. */
  async names(): Promise<string[]> {
    const text = 'select namespace from catalog.metadef_namespaces';
    const rows = await this.database.query<{ namespace: string }>({ text, values: [] });
    return rows.map(({ namespace }) => namespace).sort();
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}
