import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FaultyProxy, type Fault } from '../../../test/services/faulty-proxy.js';
import { S3Store } from './s3.store.js';

/** A real S3 behind a line that fails: no fault may lose, halve or double an object. */
const MiB = 1 << 20;
const { origin, username, password } = new URL(process.env.TEST_S3_URL!.replace(/^s3\+/, ''));
const credentials = { accessKeyId: username, secretAccessKey: password };
const bucket = `faults-${randomBytes(4).toString('hex')}`;
const newKey = () => `${randomUUID()}/${randomUUID()}`;

const isPart = ({ method, url }: IncomingMessage) => method === 'PUT' && (url ?? '').includes('partNumber=2');
const isSinglePut = ({ method, url }: IncomingMessage) => method === 'PUT' && (url ?? '').includes('x-id=PutObject');
const isComplete = ({ method, url }: IncomingMessage) => method === 'POST' && (url ?? '').includes('uploadId=');

describe('an S3 store on a failing line', () => {
  let proxy: FaultyProxy;
  let store: S3Store;
  let direct: S3Store;
  let fault: (request: IncomingMessage) => Fault;

  beforeAll(async () => {
    proxy = await FaultyProxy.start(new URL(origin), (request) => fault(request));
    const endpoint = `http://127.0.0.1:${proxy.port}`;
    const impatient = { timeoutSeconds: 0.5, pauseMs: 5 };
    store = new S3Store('far', { bucket, region: 'us-east-1', endpoint, credentials, ...impatient });
    direct = new S3Store('near', { bucket, region: 'us-east-1', endpoint: origin, credentials });
    await direct.check();
  });
  beforeEach(() => {
    fault = () => 'pass';
  });
  afterEach(async () => {
    expect(await direct.removeUnfinished(new Date(Date.now() + 60_000))).toBe(0);
  });
  afterAll(async () => {
    await store.close();
    await direct.close();
    await proxy.stop();
  });

  const first = (n: number, matches: (request: IncomingMessage) => boolean, what: Fault) => {
    let count = 0;
    return (request: IncomingMessage): Fault => (matches(request) && ++count <= n ? what : 'pass');
  };

  async function write(key: string, bytes: Buffer): Promise<void> {
    const writer = await store.create(key);
    try {
      for (let at = 0; at < bytes.length; at += MiB) await writer.write(bytes.subarray(at, at + MiB));
      await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }
  const stored = async (key: string) => buffer((await direct.read(key)).stream());

  const passing: [string, Fault][] = [
    ['answers 503', { status: 503 }],
    ['answers 500', { status: 500 }],
    ['never answers', 'hang'],
    ['cuts the connection', 'cut'],
    ['does the work and loses the answer', 'lose-answer'],
  ];
  const steps: [string, (request: IncomingMessage) => boolean, number][] = [
    ['a part', isPart, 18 * MiB],
    ['the completion', isComplete, 18 * MiB],
    ['a small object', isSinglePut, MiB],
  ];
  const table = steps.flatMap(([step, matches, size]) =>
    passing.map(([name, what]) => ({ step, matches, size, name, what })),
  );

  it.each(table)('writes the object whole when the service $name for $step, once', async ({ matches, size, what }) => {
    fault = first(1, matches, what);
    const [key, bytes] = [newKey(), randomBytes(size)];
    await write(key, bytes);
    expect((await stored(key)).equals(bytes)).toBe(true);
  });

  // A lost answer is left out: the work is done each time.
  const lasting = table.filter(({ what }) => what !== 'lose-answer');
  it.each(lasting)('gives up cleanly when the service $name for $step, always', async ({ matches, size, what }) => {
    fault = first(Infinity, matches, what);
    const key = newKey();
    await expect(write(key, randomBytes(size))).rejects.toMatchObject({ code: 'unavailable', store: 'far' });
    fault = () => 'pass';
    expect(await direct.stat(key)).toBeUndefined();
  });

  it('does not try again what was refused for good', async () => {
    fault = first(Infinity, isPart, { status: 403 });
    const key = newKey();
    await expect(write(key, randomBytes(18 * MiB))).rejects.toMatchObject({ code: 'denied' });
    expect(proxy.seen.filter((request) => request.includes(key) && request.includes('partNumber=2'))).toHaveLength(1);
  });

  it('fails a read that is cut in the middle instead of giving fewer bytes', async () => {
    const [key, bytes] = [newKey(), randomBytes(4 * MiB)];
    await write(key, bytes);
    fault = ({ method }) => (method === 'GET' ? { cutAnswerAt: MiB } : 'pass');
    const reader = await store.read(key);
    await expect(buffer(reader.stream())).rejects.toThrow();
    const again = await store.read(key);
    await expect(again.each(() => Promise.resolve())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says unavailable when nobody answers at all, and repeats no secret', async () => {
    const secret = 'a-secret-nobody-may-see';
    const nowhere = new S3Store('gone', {
      bucket,
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:9',
      credentials: { accessKeyId: 'key', secretAccessKey: secret },
      timeoutSeconds: 0.5,
    });
    const failure: unknown = await nowhere.check().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unavailable', store: 'gone' });
    expect(String(failure)).not.toContain(secret);
    await nowhere.close();
  });

  it('says denied when the key is wrong', async () => {
    const wrong = { accessKeyId: username, secretAccessKey: 'wrong' };
    const denied = new S3Store('ceph', { bucket, region: 'us-east-1', endpoint: origin, credentials: wrong });
    await expect(denied.check()).rejects.toMatchObject({ code: 'denied' });
    await denied.close();
  });
});
