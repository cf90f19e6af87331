import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { freePort } from '../services/free-port.js';
import type { VitrineProcess } from '../services/vitrine.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const bytes = randomBytes(200_000);
const there = '00000000-0000-4000-8000-000000000001';
const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
const image = {
  ...{ status: 'active', disk_format: 'raw', container_format: 'bare', size: bytes.length, checksum: digest('md5') },
  ...{ os_hash_algo: 'sha512', os_hash_value: digest('sha512'), hw_x: 'y' },
};

type Answering = (answer: ServerResponse, turn: number) => void;
const tells =
  (change: object = {}): Answering =>
  (answer) =>
    answer.end(JSON.stringify({ ...image, ...change }));
const gives: Answering = (answer) => answer.end(bytes);
const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (answer) =>
    answer.writeHead(code, headers).end();

/** What the catalogue takes for the region's image service. */
let service: WebServer;
/** Where nobody's token has any business. */
let elsewhere: WebServer;
let show: Answering;
let file: Answering;
let tokens: string[];
let strayed: number;
let cloud: Cloud;
let worker: VitrineProcess;
let alice: Client;
beforeAll(async () => {
  const turns = { show: 0, file: 0 };
  service = await startWebServer(({ url, headers }, answer) => {
    if (tokens.length === 0) Object.assign(turns, { show: 0, file: 0 });
    tokens.push(String(headers['x-auth-token']));
    if (url === `/image/v2/images/${there}`) show(answer, ++turns.show);
    else if (url === `/image/v2/images/${there}/file`) file(answer, ++turns.file);
    else status(404)(answer, 1);
  });
  elsewhere = await startWebServer((_, answer) => {
    strayed++;
    tells()(answer, 1);
  });
  const port = String(await freePort());
  cloud = await Cloud.create({
    VITRINE_PORT: port,
    // So is the endpoint in the built-in catalogue: with a version, as some have it.
    VITRINE_PUBLIC_URL: `${service.url}/image/v2`,
    VITRINE_IMPORT_ALLOW_PRIVATE: 'false',
    VITRINE_IMPORT_ATTEMPTS: '2',
    VITRINE_IMPORT_TIMEOUT_SECONDS: '1',
  });
  await cloud.run('start', { VITRINE_WORKERS: '0' }).ready();
  worker = cloud.run('worker', { VITRINE_WORKERS: '4' });
  await worker.ready();
  alice = await cloud.as('alice', `http://127.0.0.1:${port}`);
});
afterAll(async () => {
  await cloud.remove();
  await Promise.all([service, elsewhere].map((server) => server.stop()));
});
beforeEach(() => {
  [tokens, strayed] = [[], 0];
  [show, file] = [tells(), gives];
});

interface TaskJson {
  readonly status: string;
  readonly message: string;
}

/** What became of an import. */
async function imported(): Promise<{ readonly id: string; readonly task: TaskJson }> {
  const { id } = await alice.createImage({ hw_x: 'before' });
  const method = { name: 'glance-download', glance_region: 'regionone', glance_image_id: there.toUpperCase() };
  expect(await alice.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 202 });
  const last = async () => ((await alice.get(`/v2/images/${id}/tasks`)).json.tasks as TaskJson[])[0]!;
  const ended = await eventually(last, (task) => task.status === 'success' || task.status === 'failure', `image ${id}`);
  return { id, task: ended };
}

describe('an import from an image service that', () => {
  it.each<[string, () => void]>([
    ['is as it should be', () => undefined],
    [
      'is busy at first',
      () => (show = (answer, turn) => (turn === 1 ? status(503)(answer, turn) : tells()(answer, 1))),
    ],
    ['breaks off at first', () => (file = (answer, turn) => (turn === 1 ? cut(answer) : gives(answer, 1)))],
    [
      'does not take the token at first',
      () => (show = (answer, turn) => (turn === 1 ? status(401) : tells())(answer, 1)),
    ],
    ['knows only the md5', () => (show = tells({ os_hash_algo: 'sha256', os_hash_value: 'x' }))],
  ])('%s succeeds, with the token of whoever asked for it', async (_, arrange) => {
    arrange();
    const { id, task } = await imported();
    expect(task).toMatchObject({ status: 'success' });
    expect(await alice.show(id)).toMatchObject({ status: 'active', hw_x: 'y', os_hash_value: image.os_hash_value });
    expect(new Set(tokens)).toEqual(new Set([alice.token]));
  });

  it.each<[string, () => void, RegExp]>([
    [
      'gives other data',
      () => (file = (answer) => answer.end(randomBytes(bytes.length))),
      /has sha512 .*; the image th/,
    ],
    ['gives data of another md5', () => (show = tells({ os_hash_algo: null, checksum: 'ab' })), /has md5 .* has ab/],
    ['gives less than it says', () => (show = tells({ size: bytes.length + 1 })), /200000 of the 200001|200001/],
    ['gives more than it says', () => (show = tells({ size: bytes.length - 1 })), /199999/],
    ['has no data', () => (file = status(204)), /answered 204/],
    ['keeps silent', () => (show = () => undefined), /Timeout/],
    ['tells of no image', () => (show = (answer) => answer.end('<html>')), /something else than an image/],
    ['tells endlessly', () => (show = (answer) => answer.end('x'.repeat(2 << 20))), /something else than an image/],
    ['has another kind of disk', () => (show = tells({ disk_format: 'gpt' })), /disk_format/],
    ['has a disk of no kind', () => (show = tells({ disk_format: null })), /no formats/],
    ['forbids the data', () => (file = status(403)), /answered 403/],
  ])('%s fails, and leaves the image as it was', async (_, arrange, reason) => {
    arrange();
    const { id, task } = await imported();
    expect(task).toMatchObject({ status: 'failure', message: expect.stringMatching(reason) });
    expect(await alice.show(id)).toMatchObject({ status: 'queued', hw_x: 'before', disk_format: 'raw', size: null });
    await cloud.untilObjects(id, 0);
  });

  it.each<[string, (to: string) => void]>([
    ['image', (to) => (show = status(302, { location: `${to}/v2/images/${there}` }))],
    ['data', (to) => (file = status(307, { location: `${to}/disk` }))],
  ])('sends elsewhere for the %s is not followed: nobody else gets the token', async (_, arrange) => {
    arrange(elsewhere.url);
    const { task } = await imported();
    expect(task).toMatchObject({ status: 'failure', message: expect.stringMatching(/answered 30[27]/) });
    expect(strayed).toBe(0);
  });
});

it('an import whose worker was killed goes on in another one, with the rights of whoever asked for it', async () => {
  const receiving = new Promise<void>((resolve) => {
    file = (answer, turn) => {
      if (turn > 1) return gives(answer, turn);
      answer.writeHead(200, { 'content-length': bytes.length });
      answer.write(bytes.subarray(0, 1000), () => resolve());
    };
  });
  const ended = imported();
  await receiving;
  await worker.kill();
  worker = cloud.run('worker', { VITRINE_WORKERS: '4' });
  const { id, task } = await ended;
  expect(task).toMatchObject({ status: 'success', message: 'the worker stopped answering' });
  expect(await alice.show(id)).toMatchObject({ status: 'active', hw_x: 'y' });
  expect(tokens).toEqual(Array.from({ length: 4 }, () => alice.token));
});

function cut(answer: ServerResponse): void {
  answer.writeHead(200, { 'content-length': bytes.length });
  answer.write(bytes.subarray(0, 1000), () => answer.destroy());
}
