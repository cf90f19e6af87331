import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import { newKey, publicOf, SealedLog } from '../proof/sealed-log.spec-kit.js';
import type { ExportDigest } from './digest.js';
import { exportLog } from './export-log.js';
import { verifyExport } from './verify-export.js';

let log: SealedLog;
let scratch: string;
let directory: string;
beforeAll(async () => {
  log = await SealedLog.create();
  for (let segment = 0; segment < 3; segment++) {
    await log.happen(10);
    await log.seal();
  }
  await log.happen(3);
});
afterAll(() => log.remove());
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'vitrine-export-'));
  directory = join(scratch, 'export');
  await exportLog(log.database, { directory });
});
afterEach(() => rmSync(scratch, { recursive: true }));

const keys = () => new Set([publicOf(log.key)]);
const verify = () => verifyExport(directory, { keys: keys() });
const digest = () => JSON.parse(readFileSync(join(directory, 'digest.json'), 'utf8')) as ExportDigest;
const file = () => join(directory, digest().segments[0]!.file);
const lines = () => gunzipSync(readFileSync(file())).toString().trimEnd().split('\n');
const rewrite = (change: (all: string[]) => string[]) =>
  writeFileSync(file(), gzipSync(`${change(lines()).join('\n')}\n`));

describe('an export', () => {
  it('is checked without the log, as the log is', async () => {
    const checkpoints = await log.checkpoints();
    const outside = log.outside(checkpoints);
    expect(await verifyExport(directory, { keys: keys(), outside })).toEqual(await log.verify());
    expect(digest()).toMatchObject({
      first: 1,
      last: 36,
      segments: [{ first: 1, last: 36, checkpoint: checkpoints[2] }],
    });
  });

  it('is a line of canonical JSON an event, with what its hash covers', async () => {
    const parsed = lines().map((line) => JSON.parse(line) as { position: number });
    expect(parsed.map((line) => canonicalize(line))).toEqual(lines());
    const [first] = await log.store.readFeed(0n, 1);
    expect(parsed[0]).toMatchObject({
      ...{ position: 1, hash: first!.hash, prev_hash: '0'.repeat(64) },
      event: { type: 'SomethingHappened', payload: first!.payload, stream_id: first!.streamId },
    });
  });

  it('of the same part is the same, byte for byte', async () => {
    const again = join(scratch, 'again');
    await exportLog(log.database, { directory: again });
    const bytes = (folder: string) =>
      readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('hex'));
    expect(bytes(again)).toEqual(bytes(directory));
  });

  it('of a part is checked from its beginning to its end', async () => {
    const part = join(scratch, 'part');
    await exportLog(log.database, { directory: part, from: 5n, to: 30n });
    expect(await verifyExport(part, { keys: keys() })).toMatchObject({
      ...{ checked: 26, fault: undefined, head: { position: 30n }, sealed: { checkpoints: 2, upTo: 21 } },
    });
  });

  it('of nothing is whole, too', async () => {
    const empty = await SealedLog.create();
    await exportLog(empty.database, { directory: join(scratch, 'empty') });
    expect(await verifyExport(join(scratch, 'empty'))).toMatchObject({ checked: 0, fault: undefined });
    await empty.remove();
  });

  it('is not written over another, nor of what is not there', async () => {
    await expect(exportLog(log.database, { directory })).rejects.toThrow('is not empty');
    const other = { directory: join(scratch, 'other') };
    await expect(exportLog(log.database, { ...other, to: 99n })).rejects.toThrow('the log ends at position 36');
    await expect(exportLog(log.database, { ...other, from: 99n })).rejects.toThrow('no events from position 99 on');
  });
});

describe('the first bad position of an export is named when', () => {
  const fault = (position: bigint, problem: RegExp) => ({ position, problem: expect.stringMatching(problem) });

  it('one byte of an event is another', async () => {
    rewrite((all) => all.map((line, index) => (index === 14 ? line.replace('alice', 'alicf') : line)));
    expect((await verify()).fault).toEqual(fault(15n, /^its content/));
  });

  it('an event was taken out, or two were swapped', async () => {
    rewrite((all) => all.toSpliced(14, 1));
    expect((await verify()).fault).toEqual(fault(15n, /^missing/));
  });

  it('two were swapped', async () => {
    const swapped = (all: string[]) => all.map((line, index) => all[index === 3 ? 7 : index === 7 ? 3 : index] ?? line);
    rewrite(swapped);
    expect((await verify()).fault).toEqual(fault(4n, /^missing/));
  });

  it('its end was cut off', async () => {
    rewrite((all) => all.slice(0, 30));
    expect((await verify()).fault).toEqual(fault(31n, /ends before it/));
  });

  it('its file is damaged, or gone', async () => {
    truncateSync(file(), 2_000);
    expect((await verify()).fault?.problem).toMatch(/cannot be read/);
    rmSync(file());
    expect((await verify()).fault).toEqual(fault(1n, /cannot be read/));
  });

  it('a line has another form', async () => {
    rewrite((all) => all.map((line, index) => (index === 4 ? ` ${line}` : line)));
    expect((await verify()).fault).toEqual(fault(5n, /form of an export/));
  });

  it('it is right, and not what the digest names', async () => {
    const said = digest();
    const segments = said.segments.map((segment) => ({ ...segment, sha256: 'ab'.repeat(32) }));
    writeFileSync(join(directory, 'digest.json'), JSON.stringify({ ...said, segments }));
    expect((await verify()).fault).toEqual(fault(1n, /is not the file that digest.json names/));
  });

  it('a checkpoint in it is signed by another key than ours', async () => {
    expect((await verifyExport(directory, { keys: new Set([publicOf(newKey())]) })).fault).toEqual(
      fault(11n, /not among yours/),
    );
  });
});

it.each([
  ['no JSON', 'x'],
  ['a file elsewhere', { segments: [{ file: '../../etc/passwd' }] }],
  ['files with a gap', { last: 40 }],
])('a digest with %s is refused', async (_, change) => {
  writeFileSync(
    join(directory, 'digest.json'),
    typeof change === 'string' ? change : JSON.stringify({ ...digest(), ...change }),
  );
  await expect(verify()).rejects.toThrow();
});
