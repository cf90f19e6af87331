import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assertAdmitted, RefusedData } from './admission.js';
import { DigestPool } from './digest/digest-pool.js';
import { slabSize } from './digest/digest-messages.js';
import * as make from '../../../test/services/built-images.js';
import { inspect } from './format/inspection.spec-kit.js';
import { ingest } from './ingest.js';
import { inChunksOf, Scratch } from './ingest.spec-kit.js';

const { sound } = make;
const gzip = make.bytesOf(100, [0, '\x1f\x8b\x08']);
const zeros = Buffer.alloc(1000);
const backed = make.qcow2([8, 512, 'u64be']);

const admitted = (bytes: Buffer, diskFormat: string | null, containerFormat = 'bare', requireMatch = true) => {
  try {
    assertAdmitted(inspect(bytes), { diskFormat, containerFormat, requireMatch });
    return 'admitted';
  } catch (error) {
    if (!(error instanceof RefusedData)) throw error;
    return error.message;
  }
};

describe('data', () => {
  it.each<[string, Buffer]>([
    ['raw', zeros],
    ['raw', sound.qcow2!],
    ['raw', sound.gpt!],
    ['raw', gzip],
    ['qcow2', sound.qcow2!],
    ['vmdk', sound['vmdk with footer']!],
    ['vdi', sound.vdi!],
    ['vhd', sound['vhd fixed']!],
    ['vhdx', sound.vhdx!],
    ['iso', sound.iso!],
    ['iso', make.iso([510, '\x55\xaa'])],
    ['ploop', sound.ploop!],
    ['ploop', zeros],
    ['ari', gzip],
    ['aki', zeros],
    ['ami', zeros],
  ])('declared as %s is admitted when it is that', (diskFormat, bytes) => {
    expect(admitted(bytes, diskFormat)).toBe('admitted');
  });

  it.each<[string, string, Buffer]>([
    ['qcow2', 'raw', zeros],
    ['qcow2', 'raw', Buffer.alloc(0)],
    ['qcow2', 'vmdk', sound.vmdk!],
    ['qcow2', 'gzip', gzip],
    ['iso', 'gpt', sound.gpt!],
    ['vhd', 'vhdx', sound.vhdx!],
    ['ami', 'gpt', sound.mbr!],
    ['aki', 'qcow2', sound.qcow2!],
    ['ploop', 'qcow2', sound.qcow2!],
  ])('declared as %s is refused when it is %s, unless that is allowed', (diskFormat, format, bytes) => {
    expect(admitted(bytes, diskFormat)).toBe(
      `The data is ${format}, but disk_format says ${diskFormat}: set disk_format to what the data is, or convert the data (format-mismatch).`,
    );
    expect(admitted(bytes, diskFormat, 'bare', false)).toBe('admitted');
    expect(admitted(bytes, diskFormat, 'ovf')).toBe('admitted');
  });

  it('that is dangerous is refused whatever is declared and allowed', () => {
    for (const diskFormat of ['raw', 'qcow2', 'aki', null])
      for (const container of ['bare', 'ovf', 'docker'])
        for (const requireMatch of [true, false])
          expect(admitted(backed, diskFormat, container, requireMatch)).toBe(
            'The data (qcow2) is refused: it takes a part of its content from another file (a backing file) (qcow2-backing-file).',
          );
  });
});

describe('a pass', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());
  const pool = new DigestPool(1);
  afterAll(() => pool.close());

  const admission = (diskFormat: string) => ({ diskFormat, containerFormat: 'bare', requireMatch: true });
  const pass = async (bytes: Buffer, diskFormat: string) =>
    ingest(inChunksOf(1000, bytes), await scratch.store.create('image/blob'), {
      pool,
      admission: admission(diskFormat),
    });

  it('over refused data keeps no byte', async () => {
    await expect(pass(backed, 'qcow2')).rejects.toThrow('qcow2-backing-file');
    await expect(pass(make.vhdFixed([1596, 4, 'u32be']), 'raw')).rejects.toThrow('vhd-parent');
    await expect(pass(sound.vmdk!, 'vhd')).rejects.toThrow('format-mismatch');
    expect(scratch.files()).toEqual([]);
  });

  it('tells what a guest sees: of data declared raw all bytes', async () => {
    expect(await pass(sound.qcow2!, 'raw')).toMatchObject({ format: 'qcow2', virtualSize: 1024n });
    scratch.remove();
    scratch = new Scratch();
    expect(await pass(sound.qcow2!, 'qcow2')).toMatchObject({ format: 'qcow2', virtualSize: 5n << 30n });
  });

  it.each([
    ['dangerous data', backed, 'raw'],
    ['data of another format', sound.vmdk!, 'qcow2'],
    ['data that might only end as another format', zeros, 'qcow2'],
  ])('does not wait for the rest of %s', async (_, bytes, diskFormat) => {
    const source = new PassThrough();
    const ended = ingest(source, await scratch.store.create('image/blob'), { pool, admission: admission(diskFormat) });
    source.write(Buffer.concat([bytes, Buffer.alloc(slabSize)]));
    await expect(ended).rejects.toThrow(RefusedData);
    source.destroy();
    expect(scratch.files()).toEqual([]);
  });

  it('waits for the end of what is to be a fixed VHD', async () => {
    const bytes = Buffer.concat([Buffer.alloc(2 * slabSize), sound['vhd fixed']!]);
    expect(await pass(bytes, 'vhd')).toMatchObject({ format: 'vhd', virtualSize: 5n << 30n });
  });
});
