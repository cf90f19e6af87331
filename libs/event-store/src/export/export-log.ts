import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Database } from '../database.js';
import { EventStore } from '../event-store.js';
import { genesisHash, type StoredEvent } from '../hash-chain.js';
import type { SignedCheckpoint } from '../proof/checkpoint.js';
import { MerkleTree } from '../proof/merkle.js';
import { checkpointOf } from '../proof/seal-verifier.js';
import { StoredEvents } from '../stored-events.js';
import { digestFile, eventsOfFile, fileOf, type ExportDigest, type ExportSegment } from './digest.js';

export interface ExportOptions {
  readonly directory: string;
  readonly from?: bigint | undefined;
  /** undefined: to the log's end */
  readonly to?: bigint | undefined;
}

/**
 * Writes a part of the log into a directory that is new or empty, the digest last: without it the export is not whole.
 * Memory holds two pages of events. @throws Error when the directory holds something, or the part is not in the log
 */
export async function exportLog(
  database: Database,
  { directory, from = 1n, to }: ExportOptions,
): Promise<ExportDigest> {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty`);
  const end = await new EventStore(database).head();
  const [first, last] = [Number(from), Number(to ?? end)];
  if (last > Number(end)) throw new Error(`the log ends at position ${end}`);
  const events = await StoredEvents.open(database);
  try {
    const before = first === 1 ? genesisHash : await events.hashAt(first - 1);
    if (before === undefined || last < first - 1) throw new Error(`the log has no events from position ${first} on`);
    const segments: ExportSegment[] = [];
    for (let start = first; start <= last;) {
      const stop = Math.min(last, Math.ceil(start / eventsOfFile) * eventsOfFile);
      segments.push(await writeSegment(directory, events, start, stop));
      start = stop + 1;
    }
    const head = segments.at(-1)?.head ?? before;
    const digest: ExportDigest = { format: 'vitrine-export-v1', first, last, before, head, segments };
    const unfinished = join(directory, `${digestFile}.unfinished`);
    await writeFile(unfinished, `${JSON.stringify(digest, null, 2)}\n`);
    await rename(unfinished, join(directory, digestFile));
    return digest;
  } finally {
    await events.close();
  }
}

async function writeSegment(
  directory: string,
  events: StoredEvents,
  first: number,
  last: number,
): Promise<ExportSegment> {
  const file = fileOf(first);
  const sha256 = createHash('sha256');
  const tree = new MerkleTree();
  let head = '';
  let checkpoint: SignedCheckpoint | undefined;
  async function* lines() {
    for await (const page of events.pages(first - 1, last)) {
      for (const event of page) {
        tree.add(event.hash);
        head = event.hash;
        checkpoint = checkpointOf(event) ?? checkpoint;
      }
      yield page.map(lineOf).join('');
    }
  }
  const digesting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sha256.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(
    Readable.from(lines()),
    createGzip(),
    digesting,
    createWriteStream(join(directory, file), { flags: 'wx' }),
  );
  if (tree.size !== last - first + 1)
    throw new Error(`events between positions ${first} and ${last} are missing: verify it`);
  return { file, first, last, sha256: sha256.digest('hex'), root: tree.root(), head, checkpoint: checkpoint ?? null };
}

/** Canonical JSON, which any tool reads; the event's own canonical text is in it to the letter. */
const lineOf = ({ canonical, hash, position, prevHash }: StoredEvent) =>
  `{"event":${canonical},"hash":"${hash}","position":${position},"prev_hash":"${prevHash}"}\n`;
