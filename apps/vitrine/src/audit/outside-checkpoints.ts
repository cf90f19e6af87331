import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockedBucket, parseBucket } from '#object-store';

type Named = readonly [name: string, value: unknown];

/**
 * What was kept outside: every version in a bucket, the .json files of a directory, or one file. A file may be a
 * checkpoint, or an answer of `/vitrine/v1/audit/checkpoints`. @throws Error
 */
export async function outsideCheckpoints(place: string): Promise<readonly Named[]> {
  if (/^s3(\+https?)?:\/\//.test(place)) return fromBucket(place);
  const files = (await stat(place)).isDirectory() ? await jsonFiles(place) : [place];
  const read = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  return read.flatMap(([file, text]) => checkpointsOf(file, text));
}

async function jsonFiles(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  return names.map((name) => join(directory, name));
}

async function fromBucket(url: string): Promise<Named[]> {
  const bucket = new LockedBucket(parseBucket('the bucket', url));
  try {
    const found: Named[] = [];
    for await (const { key, bytes } of bucket.versions('checkpoints/'))
      found.push(...checkpointsOf(key, bytes.toString()));
    return found;
  } finally {
    bucket.close();
  }
}

function checkpointsOf(name: string, text: string): Named[] {
  const value = parse(name, text);
  const isList =
    typeof value === 'object' && value !== null && 'checkpoints' in value && Array.isArray(value.checkpoints);
  return isList ? (value.checkpoints as unknown[]).map((one) => [name, one] as const) : [[name, value]];
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is no JSON`);
  }
}
