import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, Seals } from '#event-store';
import { runAudit, writeSealKey } from '../services/audit.js';
import { eventually, type Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { asAdmin } from '../services/database.js';
import { FaultyProxy, type Fault } from '../services/faulty-proxy.js';
import { holdAppends } from '../services/held-appends.js';

let directory: string;
let publicFile: string;
let cloud: Cloud;
let alice: Client;
let database: Database;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-sealing-'));
  const key = writeSealKey(directory);
  ({ publicFile } = key);
  cloud = await Cloud.create({ VITRINE_SEAL_KEY_FILE: key.keyFile, VITRINE_SEAL_SECONDS: '1' });
  database = new Database({ url: cloud.settings.DATABASE_URL! });
  const api = cloud.run('api');
  alice = await cloud.as('alice', await api.ready());
});
afterEach(async () => {
  await database.close();
  await cloud.remove();
  rmSync(directory, { recursive: true });
});

const checkpoints = async () => (await new Seals(database).after(0n, 1_000)).map(({ checkpoint }) => checkpoint);
/** Everything that happened until now is sealed; a seal that nothing follows waits for company. */
async function untilSealed(): Promise<void> {
  const [row] = await database.query<{ head: string }>({
    text: `select max(position) as head from events where stream_id <> 'seal'`,
    values: [],
  });
  const sealed = async () => (await checkpoints()).at(-1)?.last ?? 0;
  await eventually(sealed, (last) => last >= Number(row!.head), `the seal of position ${row!.head}`);
}
const verify = (...more: string[]) => runAudit(cloud.settings, ['verify', '--public-key', publicFile, ...more]);

async function startWorker(settings = {}) {
  const worker = cloud.run('worker', settings);
  await worker.ready();
  return worker;
}

describe('kill -9 of a worker that seals', () => {
  it('leaves no half of a seal: another worker seals the segment, once', async () => {
    await alice.createImage({ name: 'sealed' });
    // The sealer waits with its checkpoint in its hand.
    const appends = await holdAppends(cloud.settings.DATABASE_URL!);
    const worker = await startWorker();
    await appends.untilAwaited('the sealer');
    await worker.kill();
    await appends.release();
    await startWorker();
    await untilSealed();
    expect(verify()).toMatchObject({ status: 0, stdout: expect.stringContaining('sealed up to position') });
    const all = await checkpoints();
    expect(all.map(({ first }) => first)).toEqual([1, ...all.slice(0, -1).map(({ last }) => last + 1)]);
  });
});

describe('two workers', () => {
  it('seal what happens once, one after the other, and no log that rests', async () => {
    await startWorker();
    await startWorker();
    for (let round = 0; round < 3; round++) {
      await alice.createImage();
      await untilSealed();
    }
    expect(verify()).toMatchObject({ status: 0 });
    const all = await checkpoints();
    expect(all.map(({ first }) => first)).toEqual([1, ...all.slice(0, -1).map(({ last }) => last + 1)]);
    // Nothing but the last seal is left, which waits for company.
    const [row] = await database.query<{ type: string }>({
      text: 'select type from events where position > $1',
      values: [all.at(-1)!.last],
    });
    expect(row!.type).toBe('LogSealed');
  });
});

describe('a bucket that is out of reach', () => {
  it('does not hold up the sealing, and gets what it lacks when it is back', async () => {
    const origin = new URL(process.env.TEST_S3_URL!.replace(/^s3\+/, ''));
    let fault: Fault = { status: 503 };
    const proxy = await FaultyProxy.start(origin, () => fault);
    try {
      const name = `outage-${randomBytes(4).toString('hex')}`;
      const credentials = `${origin.username}:${origin.password}`;
      const worker = await startWorker({
        ...{ VITRINE_SEAL_BUCKET: `s3+http://${credentials}@127.0.0.1:${proxy.port}/${name}` },
        VITRINE_SEAL_RETENTION_DAYS: '1',
      });
      await untilSealed();
      await alice.createImage();
      await untilSealed();
      await worker.said(({ msg }) => String(msg).startsWith('checkpoints could not be copied'));
      fault = 'pass';
      const kept = ['--checkpoints', `${process.env.TEST_S3_URL!}/${name}`];
      const agreed = `in agreement with ${(await checkpoints()).length} checkpoints kept outside`;
      await eventually(
        () => Promise.resolve(verify(...kept)),
        ({ stdout }) => stdout.includes(agreed),
        'the bucket',
      );
    } finally {
      await proxy.stop();
    }
  });
});

describe('a log that was tampered with', () => {
  it('is not sealed, and the worker says where', async () => {
    const url = cloud.settings.DATABASE_URL!;
    await asAdmin(
      url,
      `alter table events disable trigger all; update events set recorded_at = now() where position = 4`,
    );
    const worker = await startWorker();
    const said = await worker.said(({ position }) => position !== undefined);
    expect(said).toMatchObject({ position: 4, msg: 'the log is not what was appended: it is not sealed' });
    expect(await checkpoints()).toEqual([]);
    expect(verify()).toMatchObject({ status: 1, stdout: expect.stringMatching(/^position 4: /) });
  });
});

describe('a key that cannot be used', () => {
  it.each([
    ['is missing', 'missing.pem', /cannot be read: make one by openssl/],
    ['is no private key', 'seal-public.pem', /no Ed25519 private key|open to others/],
  ])('because it %s ends the worker with the reason', async (_, file, reason) => {
    const worker = cloud.run('worker', { VITRINE_SEAL_KEY_FILE: join(directory, file) });
    expect(await worker.ended()).toBe(1);
    expect(worker.output).toMatch(reason);
  });
});
