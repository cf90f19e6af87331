import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { FaultyProxy, type Fault } from '../services/faulty-proxy.js';

const isRoot = process.getuid?.() === 0;
let cloud: Cloud;
let alice: Client;

async function start(stores: string): Promise<void> {
  cloud = await Cloud.create({ VITRINE_STORES: stores });
  alice = await cloud.as('alice', await cloud.run('start').ready());
}
afterEach(() => cloud.remove());

async function lastFailure(id: string): Promise<unknown> {
  return (await alice.history(id)).filter(({ type }) => type === 'ImageUploadFailed').at(-1)?.data.reason;
}

describe('an S3 service that fails', () => {
  let fault: Fault;
  let proxy: FaultyProxy;
  beforeEach(async () => {
    const s3 = new URL(process.env.TEST_S3_URL!.replace(/^s3\+/, ''));
    fault = 'pass';
    proxy = await FaultyProxy.start(s3, () => fault);
    await start(`s3=s3+http://${s3.username}:${s3.password}@127.0.0.1:${proxy.port}/faults-${randomUUID()}`);
  });
  afterEach(() => proxy.stop());

  it.each<[string, Fault]>([
    ['answers 500', { status: 500 }],
    ['cuts every connection', 'cut'],
  ])(
    'and %s costs the upload: 503, the image queued with the reason; healed, it takes the next',
    async (_what, now) => {
      const bytes = randomBytes(9 << 20);
      const kept = await alice.createActive(bytes);
      const { id } = await alice.createImage();
      fault = now;
      expect(await alice.upload(id, bytes)).toMatchObject({ status: 503 });
      expect(await alice.get(`/v2/images/${kept.id}/file`)).toMatchObject({ status: 503 });
      expect(await alice.show(id)).toMatchObject({ status: 'queued', size: null });
      expect(await lastFailure(id)).toMatch(/Store s3 cannot be used/);
      fault = 'pass';
      expect(await alice.upload(id, bytes)).toMatchObject({ status: 204 });
      expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    },
  );

  it('and cuts a download in the middle: the client sees a broken answer, never a short one that looks whole', async () => {
    const bytes = randomBytes(3 << 20);
    const { id } = await alice.createActive(bytes);
    fault = { cutAnswerAt: 1 << 20 };
    await expect(alice.get(`/v2/images/${id}/file`)).rejects.toThrow();
    fault = 'pass';
    expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
  });
});

describe('a disk that is full', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vitrine-full-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** A file system that is really full needs root to mount one. */
  (isRoot ? it : it.skip)('refuses the upload with 413, keeps nothing of it, and goes on', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', directory]);
    try {
      await start(`small=file:${directory}`);
      const { id } = await alice.createImage();
      expect(await alice.upload(id, randomBytes(3 << 20))).toMatchObject({ status: 413 });
      expect(await alice.show(id)).toMatchObject({ status: 'queued' });
      expect(await lastFailure(id)).toMatch(/not enough room .* store small/);
      expect(await alice.upload(id, randomBytes(1 << 20))).toMatchObject({ status: 204 });
      expect((await alice.get(`/v2/images/${id}/file`)).bytes).toHaveLength(1 << 20);
      await Promise.all(cloud.processes.map((one) => one.kill()));
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});
