import { link, mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, fileError } from './file-error.js';
import type { ObjectWriter } from './object-store.js';

/** Writes beside the objects; `commit` gives the file its name. */
export class FileWriter implements ObjectWriter {
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
      throw fileError(this.store, error);
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
      throw fileError(this.store, error);
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
