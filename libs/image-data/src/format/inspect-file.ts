import { open, type FileHandle } from 'node:fs/promises';
import { Inspection, type Inspected } from './inspection.js';
import { longestTail } from './inspector.js';

const pieceLength = 1 << 16;

/** What a file is. Of a large one only the beginning and the end are read. @throws the system's error when it cannot be */
export async function inspectFile(path: string): Promise<Inspected> {
  const file = await open(path, 'r');
  try {
    const about = await file.stat();
    return await inspectOpened(file, about.isFile() ? about.size : undefined);
  } finally {
    await file.close();
  }
}

/** `size` is undefined of what can only be read from one end to the other, such as a pipe. */
async function inspectOpened(file: FileHandle, size: number | undefined): Promise<Inspected> {
  const inspection = new Inspection();
  const buffer = Buffer.alloc(pieceLength);
  for (let position = 0; ;) {
    if (size !== undefined && inspection.needsOnlyTail && position < size - longestTail) {
      inspection.skip(size - longestTail - position);
      position = size - longestTail;
    }
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size === undefined ? null : position);
    if (bytesRead === 0) return inspection.finish();
    inspection.push(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
