import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { Database } from '../database.js';
import { EventStore } from '../event-store.js';
import type { NewEvent, RecordedEvent } from '../event.js';
import { verifyLog, type VerifyOptions } from '../verify-log.js';
import { keyOf, type SignedCheckpoint } from './checkpoint.js';
import { LogSealer } from './log-sealer.js';
import { OutsideCheckpoints } from './outside-checkpoints.js';
import { Seals } from './seals.js';

const actor = { user_id: 'vitrine', project_id: null, roles: ['system'] };
export const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
export const publicOf = (key: KeyObject) => keyOf(createPublicKey(key));

/** A log of its own with a sealer, and what its owner could do to it. */
export class SealedLog {
  readonly store: EventStore;
  readonly seals: Seals;

  private constructor(
    readonly test: TestDatabase,
    readonly database: Database,
    readonly key: KeyObject,
  ) {
    this.store = new EventStore(database);
    this.seals = new Seals(database);
  }

  static async create(): Promise<SealedLog> {
    const test = await createTestDatabase();
    return new SealedLog(test, new Database({ url: test.url }), newKey());
  }

  async happen(count: number): Promise<void> {
    const events = Array.from({ length: count }, (_, n): NewEvent => {
      return {
        ...{ streamId: `thing-${randomUUID()}`, version: 1, eventId: randomUUID(), type: 'SomethingHappened' },
        ...{ schemaVersion: 1, payload: { n, text: 'ü "quoted"' }, actor: { ...actor, user_id: 'alice' } },
        ...{ projectId: 'alpha', requestId: null, causationId: null, correlationId: null, recordedAt: new Date() },
      };
    });
    await this.store.append(events);
  }

  sealer(most = 1000, key = this.key): LogSealer {
    return new LogSealer(this.database, this.store, { key, most, actor });
  }

  async seal(most?: number, key?: KeyObject): Promise<SignedCheckpoint> {
    return (await this.sealer(most, key).sealNext(new Date()))!;
  }

  /** Every checkpoint, as an auditor keeps them. */
  async checkpoints(): Promise<SignedCheckpoint[]> {
    return (await this.seals.after(0n, 1000)).map(({ checkpoint }) => checkpoint);
  }

  outside(checkpoints: readonly SignedCheckpoint[]): OutsideCheckpoints {
    return new OutsideCheckpoints(checkpoints.map((checkpoint) => [`${checkpoint.last}.json`, checkpoint]));
  }

  verify(options: VerifyOptions = {}) {
    return verifyLog(this.database, { keys: new Set([publicOf(this.key)]), ...options });
  }

  /** As the owner of the table, who can take the guards away. */
  tamper(sql: string): Promise<void> {
    return asAdmin(
      this.test.url,
      `alter table events disable trigger all; ${sql}; alter table events enable trigger all`,
    );
  }

  /** What whoever owns the database, and not the key, can make of it: another log with a chain that is whole. */
  async rewrite(change: (events: readonly RecordedEvent[]) => readonly NewEvent[]): Promise<void> {
    const events = change(await this.store.readFeed(0n, 100_000));
    await this.tamper('delete from events');
    await this.store.append(events);
  }

  async remove(): Promise<void> {
    await this.database.close();
    await this.test.drop();
  }
}
