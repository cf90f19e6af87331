import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileReader } from './file-reader.js';
import { codeOf, fileError } from './file-error.js';
import { FileWriter } from './file-writer.js';
import { assertKey } from './key.js';
import type { ByteRange, ObjectEntry, ObjectReader, ObjectStore, ObjectWriter } from './object-store.js';

/** Written here, then linked to its place; the same file system, or link(2) would not do. */
const unfinishedFolder = '.unfinished';

/** Objects as files below one directory. */
export class FileStore implements ObjectStore {
  readonly kind = 'file';
  readonly readOnly = false;

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
      return await FileWriter.create(this.name, temporary, target);
    } catch (error) {
      throw fileError(this.name, error);
    }
  }

  async read(key: string, range?: ByteRange): Promise<ObjectReader> {
    const path = this.pathOf(key);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'r');
      const { size } = await file.stat({ bigint: true });
      return new FileReader(this.name, file, size, range?.start ?? 0n, range ? range.end + 1n : size);
    } catch (error) {
      await file?.close();
      throw fileError(this.name, error);
    }
  }

  async stat(key: string): Promise<ObjectEntry | undefined> {
    const path = this.pathOf(key);
    try {
      const { size, mtime } = await stat(path, { bigint: true });
      return { key, size, modifiedAt: mtime };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw fileError(this.name, error);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    try {
      await unlink(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw fileError(this.name, error);
    }
    // An image's folder goes with its last object; one that is not empty stays.
    if (dirname(path) !== this.directory) await rmdir(dirname(path)).catch(() => undefined);
  }

  locationOf(key: string): string {
    return pathToFileURL(this.pathOf(key)).href;
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
      throw fileError(this.name, error);
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
