import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/services/client.js';
import { need } from '../../../../test/services/debian.js';
import { RefusedData } from '../admission.js';
import { ingest } from '../ingest.js';
import { digestsOf, inChunksOf, Scratch } from '../ingest.spec-kit.js';
import { Confinement } from './confinement.js';
import { compressions, decompress, examine, type Compression, type DecompressionOptions } from './decompression.js';

const packages: Readonly<Record<Compression, string>> = { gzip: 'gzip', xz: 'xz-utils', bzip2: 'bzip2', zstd: 'zstd' };
const bytes = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000)]);
let options: DecompressionOptions;
beforeAll(async () => {
  for (const [program, name] of Object.entries(packages)) need(program, [name], 'one on PATH');
  options = { ratio: 1000, sizeLimit: 1n << 40n, confinement: await Confinement.probe() };
});

const compress = (program: Compression, input: Buffer) => execFileSync(program, ['-c'], { input, maxBuffer: 1 << 30 });
/** 80 MiB of zeros in less than 80 KiB, made once */
const bombs = new Map<Compression, Buffer>();
function bomb(program: Compression): Buffer {
  const script = `head -c ${80 << 20} /dev/zero | ${program} -c`;
  const made = bombs.get(program) ?? execFileSync('sh', ['-c', script], { maxBuffer: 1 << 20 });
  bombs.set(program, made);
  return made;
}

describe.each(compressions)('data that is compressed by %s', (format) => {
  it.each([1, 7, 65_536])(
    'is known by its first bytes and comes decompressed, in chunks of %i bytes',
    async (length) => {
      const packed = compress(format, length === 1 ? bytes.subarray(299_000, 301_000) : bytes);
      const { stream, compression } = await examine(inChunksOf(length, packed));
      expect(compression).toBe(format);
      const run = decompress(stream, format, options);
      const whole = length === 1 ? bytes.subarray(299_000, 301_000) : bytes;
      expect((await buffer(run.stream)).equals(whole)).toBe(true);
      expect(run.size).toBe(BigInt(packed.length));
    },
  );

  it('comes whole when it was compressed in parts', async () => {
    const parts = Buffer.concat([compress(format, bytes), compress(format, bytes)]);
    const run = decompress(inChunksOf(65_536, parts), format, options);
    expect((await buffer(run.stream)).equals(Buffer.concat([bytes, bytes]))).toBe(true);
  });

  it('is refused as a bomb before much has come of it, however little it is', async () => {
    const small = bomb(format);
    const run = decompress(inChunksOf(1000, small), format, { ...options, ratio: 100 });
    let come = 0;
    run.stream.on('data', (chunk: Buffer) => (come += chunk.length));
    const [error] = (await once(run.stream, 'error')) as [Error];
    expect(error).toBeInstanceOf(RefusedData);
    expect(error.message).toMatch(/became more than 100 times as many .* \(decompression-bomb\)/);
    expect(come).toBeLessThan((64 << 20) + (1 << 20));
  });

  it.each([
    ['ends too early', (packed: Buffer) => packed.subarray(0, packed.length - 20)],
    ['is not what it was', (packed: Buffer) => Buffer.from(packed).fill(0x55, 1000, 2000)],
  ])('is refused when it %s', async (_, damage) => {
    const run = decompress(inChunksOf(65_536, damage(compress(format, bytes))), format, options);
    await expect(buffer(run.stream)).rejects.toThrow(RefusedData);
    await expect(Promise.reject(run.stream.errored!)).rejects.toThrow('(compression-damaged)');
  });

  it('fails with what its source fails with, and not as if it were damaged', async () => {
    const packed = compress(format, bytes);
    const cut = async function* () {
      yield packed.subarray(0, 100_000);
      await Promise.resolve();
      throw new Error('the line was cut');
    };
    const run = decompress(Readable.from(cut(), { objectMode: false }), format, options);
    await expect(buffer(run.stream)).rejects.toThrow('the line was cut');
  });

  it('is no longer read when it is not wanted any more', async () => {
    const packed = compress(format, randomBytes(8 << 20));
    const source = inChunksOf(65_536, packed);
    const run = decompress(source, format, options);
    await once(run.stream, 'data');
    run.stream.destroy();
    await eventually(() => Promise.resolve(source.destroyed), Boolean, 'the source');
    expect(run.size).toBeLessThan(BigInt(packed.length));
  });

  it('is judged by what comes of it when it is ingested', async () => {
    const scratch = new Scratch();
    try {
      const run = decompress(inChunksOf(65_536, compress(format, bytes)), format, options);
      const found = await ingest(run.stream, await scratch.store.create('a'), {});
      expect(found).toMatchObject({ size: BigInt(bytes.length), format: 'raw', ...digestsOf(bytes) });
      const larger = decompress(inChunksOf(65_536, compress(format, bytes)), format, options);
      const refused = ingest(larger.stream, await scratch.store.create('b'), { sizeLimit: 1000n });
      await expect(refused).rejects.toMatchObject({ code: 'size-limit' });
      larger.stream.destroy();
      const small = decompress(Readable.from([bomb(format)]), format, { ...options, ratio: 100 });
      await expect(ingest(small.stream, await scratch.store.create('c'), {})).rejects.toThrow(RefusedData);
      expect(scratch.files()).toEqual(['a']);
    } finally {
      scratch.remove();
    }
  });
});

it('a program whose output nobody takes ends when it is no longer wanted', async () => {
  const programs = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return /^Name:\txz$/m.test(status) && status.includes(`\nPPid:\t${process.pid}\n`);
      } catch {
        return false;
      }
    });
  const packed = compress('xz', Buffer.concat(Array.from({ length: 8 }, () => randomBytes(1 << 20))));
  const run = decompress(inChunksOf(65_536, packed), 'xz', options);
  await once(run.stream, 'readable');
  expect(programs()).toHaveLength(1);
  run.stream.destroy();
  await eventually(
    () => Promise.resolve(programs()),
    ({ length }) => length === 0,
    'xz',
  );
});

describe('data that is not compressed', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a byte', Buffer.from([0x1f])],
    ['the beginning of a magic number', Buffer.from([0x1f, 0x8b])],
    ['a disk', bytes],
  ])('passes as it is: %s', async (_, data) => {
    const { stream, compression } = await examine(inChunksOf(3000, data));
    expect(compression).toBeUndefined();
    expect((await buffer(stream)).equals(data)).toBe(true);
  });

  it('fails to whoever reads it, and not before, when its source does', async () => {
    const broken = new Readable({ read: () => void broken.destroy(new Error('the line was cut')) });
    const { stream } = await examine(broken);
    await expect(buffer(stream)).rejects.toThrow('the line was cut');
  });

  it('has a source that is no longer read when it is not', async () => {
    const source = inChunksOf(3000, bytes);
    const { stream } = await examine(source);
    await once(stream, 'data');
    stream.destroy();
    await eventually(() => Promise.resolve(source.destroyed), Boolean, 'the source');
    expect(source.readableEnded).toBe(false);
  });
});

it('what follows the end of gzip data is left out, as gzip does', async () => {
  const packed = Buffer.concat([gzipSync(bytes), Buffer.alloc(2 << 20)]);
  const run = decompress(inChunksOf(65_536, packed), 'gzip', options);
  expect((await buffer(run.stream)).equals(bytes)).toBe(true);
});
