import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, opendir, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { assertKey } from './key.js';
import { StoreError, type ByteRange, type ObjectEntry, type ObjectStore, type ObjectWriter } from './object-store.js';

/** Reads of 1 MiB: three times the throughput of Node's 64 KiB at a third of the CPU (STACK.md, "Bytes"). */
const readSize = 1 << 20;

/** Written here, then linked to its place; the same file system, or link(2) would not do. */
const unfinishedFolder = '.unfinished';

/** Objects as files below one directory. */
export class FileStore implements ObjectStore {
  readonly kind = 'file';

  constructor(
    readonly name: string,
    private readonly directory: string,
    readonly weight = 0,
  ) {}

  async create(key: string): Promise<ObjectWriter> {
    const target = this.pathOf(key);
    const temporary = join(this.directory, unfinishedFolder, randomUUID());
    try {
      await mkdir(dirname(temporary), { recursive: true });
      return new FileWriter(this.name, await open(temporary, 'wx'), temporary, target);
    } catch (error) {
      throw storeError(this.name, error);
    }
  }

  async read(key: string, range?: ByteRange): Promise<{ stream: Readable; size: bigint }> {
    const path = this.pathOf(key);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'r');
      const { size } = await file.stat({ bigint: true });
      // A range of nothing cannot be said in inclusive ends; an empty file has no first byte.
      const ends = range && { start: Number(range.start), end: Number(range.end) };
      const stream = createReadStream(path, { fd: file, highWaterMark: readSize, ...ends });
      return { stream, size };
    } catch (error) {
      await file?.close();
      throw storeError(this.name, error);
    }
  }

  async stat(key: string): Promise<ObjectEntry | undefined> {
    const path = this.pathOf(key);
    try {
      const { size, mtime } = await stat(path, { bigint: true });
      return { key, size, modifiedAt: mtime };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw storeError(this.name, error);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    try {
      await unlink(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw storeError(this.name, error);
    }
    // An image's folder goes with its last object; one that is not empty stays.
    if (dirname(path) !== this.directory) await rmdir(dirname(path)).catch(() => undefined);
  }

  async *list(prefix = ''): AsyncIterable<ObjectEntry> {
    for await (const path of filesBelow(this.directory)) {
      const key = relative(this.directory, path).split(sep).join('/');
      if (!key.startsWith(prefix)) continue;
      const entry = await this.stat(key);
      if (entry) yield entry;
    }
  }

  async removeUnfinished(olderThan: Date): Promise<number> {
    let removed = 0;
    for await (const path of filesBelow(join(this.directory, unfinishedFolder))) {
      const found = await stat(path).catch(() => undefined);
      if (!found || found.mtime >= olderThan) continue;
      await unlink(path).catch(() => undefined);
      removed++;
    }
    return removed;
  }

  async check(): Promise<void> {
    const probe = join(this.directory, unfinishedFolder, `check-${randomUUID()}`);
    try {
      await mkdir(dirname(probe), { recursive: true });
      await (await open(probe, 'wx')).close();
      await unlink(probe);
    } catch (error) {
      throw storeError(this.name, error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private pathOf(key: string): string {
    assertKey(this.name, key);
    return join(this.directory, ...key.split('/'));
  }
}

class FileWriter implements ObjectWriter {
  private failed = false;
  private ended = false;

  constructor(
    private readonly store: string,
    private readonly file: FileHandle,
    private readonly temporary: string,
    private readonly target: string,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    try {
      for (let offset = 0; offset < chunk.byteLength;) {
        const { bytesWritten } = await this.file.write(chunk, offset, chunk.byteLength - offset);
        offset += bytesWritten;
      }
    } catch (error) {
      this.failed = true;
      throw storeError(this.store, error);
    }
  }

  /** The bytes are on disk before the name is, and the name before this resolves. link(2) never overwrites. */
  async commit(): Promise<void> {
    if (this.failed || this.ended) throw new Error('a writer that failed or ended cannot be committed');
    try {
      await this.file.datasync();
      await this.file.close();
      this.ended = true;
      await this.linkInPlace();
      await unlink(this.temporary);
      await syncFolders(dirname(this.target));
    } catch (error) {
      this.failed = true;
      throw storeError(this.store, error);
    }
  }

  /** The folder may go between the two calls, with the last object that was in it. */
  private async linkInPlace(): Promise<void> {
    for (let tries = 10; ; tries--) {
      try {
        await mkdir(dirname(this.target), { recursive: true });
        await link(this.temporary, this.target);
        return;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries === 0) throw error;
      }
    }
  }

  async abort(): Promise<void> {
    if (!this.ended) await this.file.close().catch(() => undefined);
    this.ended = true;
    await unlink(this.temporary).catch(() => undefined);
  }
}

/** The folder and the one above it, which may just have got it. */
async function syncFolders(folder: string): Promise<void> {
  for (const path of [folder, dirname(folder)]) {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  }
}

async function* filesBelow(folder: string): AsyncIterable<string> {
  const entries = await opendir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!entries) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== unfinishedFolder) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

function storeError(store: string, error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const cause = { cause: error };
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StoreError('full', store, 'there is no room left', cause);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return new StoreError('missing', store, 'there is no such object', cause);
    case 'EEXIST':
      return new StoreError('exists', store, 'the key is taken', cause);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError('denied', store, 'the directory cannot be written', cause);
    default:
      return new StoreError('unavailable', store, error instanceof Error ? error.message : 'unknown failure', cause);
  }
}
