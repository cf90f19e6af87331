import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { faultAt, type ChainFault, type StoredEvent } from '../hash-chain.js';
import { MerkleTree } from '../proof/merkle.js';
import type { SealVerifierOptions } from '../proof/seal-verifier.js';
import { LogVerifier, type Verification } from '../verify-log.js';
import { digestFile, parseDigest, type ExportDigest, type ExportSegment } from './digest.js';

/**
 * Checks an export by itself, without a database: its events as those of the log are checked, then that its files are those
 * of its digest. @throws Error when there is no digest
 */
export async function verifyExport(directory: string, options: SealVerifierOptions = {}): Promise<Verification> {
  const digest = parseDigest(await readFile(join(directory, digestFile), 'utf8'));
  const verifier = new LogVerifier({ position: BigInt(digest.first - 1), hash: digest.before }, options);
  for (const segment of digest.segments) {
    const fault = await segmentFault(directory, segment, verifier);
    if (fault) return { ...verifier.end(), fault };
  }
  const verification = verifier.end();
  return { ...verification, fault: verification.fault ?? headFault(digest, verification) };
}

function headFault({ last, head }: ExportDigest, verification: Verification): ChainFault | undefined {
  return head === verification.head.hash ? undefined : faultAt(last, `is not the head that ${digestFile} names`);
}

async function segmentFault(
  directory: string,
  { file, first, last, sha256, root }: ExportSegment,
  verifier: LogVerifier,
): Promise<ChainFault | undefined> {
  const digest = createHash('sha256');
  const tree = new MerkleTree();
  let next = first;
  let fault: ChainFault | undefined;
  const take = (line: string) => {
    const event = parseLine(line);
    fault ??= event ? verifier.next(event) : faultAt(next, `${file} does not tell it in the form of an export`);
    if (fault || !event) throw new AtFault();
    tree.add(event.hash);
    next++;
  };
  const digesting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      createReadStream(join(directory, file)),
      digesting,
      createGunzip(),
      (chunks: AsyncIterable<Buffer>) => eachLine(chunks, take),
    );
  } catch (error) {
    // Of a file that is missing or damaged: everything before it was right.
    return fault ?? faultAt(next, `cannot be read from ${file}: ${error instanceof Error ? error.message : 'damaged'}`);
  }
  if (next !== last + 1) return faultAt(Math.min(next, last + 1), `${file} ends before it, or holds more than ${last}`);
  const isSame = digest.digest('hex') === sha256 && tree.root() === root;
  return isSame ? undefined : faultAt(first, `${file} is not the file that ${digestFile} names`);
}

class AtFault extends Error {}

async function eachLine(chunks: AsyncIterable<Buffer>, take: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
  }
  if (rest !== '') take(rest);
}

const start = '{"event":';
const end = /,"hash":"([0-9a-f]{64})","position":([1-9]\d{0,15}),"prev_hash":"([0-9a-f]{64})"\}$/;
/** as long as `end` can be */
const endLength = 196;

/** Not parsed as JSON: what was hashed is in it to the letter. */
function parseLine(line: string): StoredEvent | undefined {
  const found = end.exec(line.slice(-endLength));
  if (!found || !line.startsWith(start)) return undefined;
  const [whole, hash, position, prevHash] = found as unknown as [string, string, string, string];
  return { canonical: line.slice(start.length, -whole.length), hash, position: Number(position), prevHash };
}
