import { constants } from 'node:fs';
import { link, mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, fileError } from './file-error.js';
import type { ObjectWriter } from './object-store.js';

/**
 * Writes beside the objects; `commit` gives the file its name.
 *
 * The bytes go to the disk past the page cache while the kernel takes them so, which it does for whole blocks in memory
 * that lies on a page's border: 0.3 CPU-s a GiB and 1.4 GiB/s, where writing into the cache and flushing it took 2.3 and
 * 0.35 (docs/adr/0007). The last, odd piece goes through the cache.
 */
export class FileWriter implements ObjectWriter {
  private position = 0;
  private failed = false;
  private ended = false;

  private constructor(
    private readonly store: string,
    private readonly file: FileHandle,
    private direct: FileHandle | undefined,
    private readonly temporary: string,
    private readonly target: string,
  ) {}

  static async create(store: string, temporary: string, target: string): Promise<FileWriter> {
    const file = await open(temporary, 'wx');
    const direct = await open(temporary, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined);
    return new FileWriter(store, file, direct, temporary, target);
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      for (let offset = 0; offset < chunk.byteLength;) {
        const written = await this.writeSome(chunk, offset);
        offset += written;
        this.position += written;
      }
    } catch (error) {
      this.failed = true;
      throw fileError(this.store, error);
    }
  }

  /** The bytes are on disk before the name is, and the name before this resolves. link(2) never overwrites. */
  async commit(): Promise<void> {
    if (this.failed || this.ended) throw new Error('a writer that failed or ended cannot be committed');
    try {
      await this.file.datasync();
      await this.close();
      await this.linkInPlace();
      await unlink(this.temporary);
      await syncFolders(dirname(this.target));
    } catch (error) {
      this.failed = true;
      throw fileError(this.store, error);
    }
  }

  async abort(): Promise<void> {
    await this.close().catch(() => undefined);
    await unlink(this.temporary).catch(() => undefined);
  }

  private async writeSome(chunk: Uint8Array, offset: number): Promise<number> {
    const length = chunk.byteLength - offset;
    if (this.direct) {
      try {
        return (await this.direct.write(chunk, offset, length, this.position)).bytesWritten;
      } catch (error) {
        if (codeOf(error) !== 'EINVAL') throw error;
        await this.endDirect();
      }
    }
    return (await this.file.write(chunk, offset, length, this.position)).bytesWritten;
  }

  private async endDirect(): Promise<void> {
    const { direct } = this;
    this.direct = undefined;
    await direct?.close();
  }

  private async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.endDirect();
    await this.file.close();
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
}

/** The folder and the one above it, which may just have got it. */
async function syncFolders(folder: string): Promise<void> {
  for (const path of [folder, dirname(folder)]) {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  }
}
