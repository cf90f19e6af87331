import { randomUUID, type KeyObject } from 'node:crypto';
import type { Database } from '../database.js';
import type { RecordedActor } from '../event.js';
import type { EventStore } from '../event-store.js';
import { ChainVerifier, genesisHash, type ChainFault } from '../hash-chain.js';
import { StoredEvents } from '../stored-events.js';
import { checkpointHash, signCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { merkleRoot } from './merkle.js';
import { Seals, sealSchemaVersion, sealStream, sealType } from './seals.js';

export interface LogSealerOptions {
  readonly key: KeyObject;
  /** events of one segment */
  readonly most: number;
  readonly actor: RecordedActor;
}

/** What was to be sealed is not what was appended: no signature on that. */
export class LogIsBroken extends Error {
  constructor(readonly fault: ChainFault) {
    super(`position ${fault.position}: ${fault.problem}`);
    this.name = 'LogIsBroken';
  }
}

/** Closes segments of the log. Several at once disturb each other, and nothing else: one of them appends. */
export class LogSealer {
  private readonly seals: Seals;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly options: LogSealerOptions,
  ) {
    this.seals = new Seals(database);
  }

  /**
   * Seals the next events, if there are any beside seals: a log that rests is not sealed for its last seal. It signs only
   * what it has checked.
   * @throws LogIsBroken, VersionConflict when another sealer was quicker
   */
  async sealNext(now: Date): Promise<SignedCheckpoint | undefined> {
    const newest = await this.seals.newest();
    const before = newest?.checkpoint;
    const { since } = await this.seals.unsealedAfter(BigInt(before?.last ?? 0));
    if (since === undefined) return undefined;
    const segment = await this.checkedSegment(before);
    const time = now.toISOString();
    const previous = before ? checkpointHash(before) : null;
    const checkpoint = signCheckpoint({ ...segment, previous, time }, this.options.key);
    const { actor } = this.options;
    await this.store.append([
      {
        ...{ streamId: sealStream, version: (newest?.version ?? 0) + 1, eventId: randomUUID() },
        ...{ type: sealType, schemaVersion: sealSchemaVersion, payload: checkpoint, recordedAt: now },
        ...{ actor, projectId: actor.project_id, requestId: null, causationId: null, correlationId: null },
      },
    ]);
    return checkpoint;
  }

  private async checkedSegment(before: SignedCheckpoint | undefined) {
    const position = before?.last ?? 0;
    const chain = new ChainVerifier(position, before?.head ?? genesisHash);
    const hashes: string[] = [];
    const events = await StoredEvents.open(this.database);
    try {
      for (const event of await events.page(position, this.options.most)) {
        const fault = chain.checkStored(event);
        if (fault) throw new LogIsBroken(fault);
        hashes.push(event.hash);
      }
    } finally {
      await events.close();
    }
    const { position: last, hash: head } = chain.head;
    return { first: position + 1, last, root: merkleRoot(hashes), head };
  }
}
