import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { request as open, type IncomingMessage } from 'node:http';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#event-store';
import { eventually, type Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { Line } from '../services/line.js';
import { scratchDirectory } from '../services/scratch.js';
import type { Settings, VitrineProcess } from '../services/vitrine.js';

const large = 48 << 20;
let directory: string;
let line: Line;
let postgres: EmbeddedPostgres;
let cloud: Cloud;
let admin: Client;
let alice: Client;

beforeAll(async () => {
  directory = scratchDirectory('postgres');
  line = await Line.open();
  postgres = await startEmbeddedPostgres({ dataDir: directory });
});
beforeEach(async () => {
  line.connectTo(postgres.port);
  const url = new URL(postgres.url);
  url.host = line.address;
  cloud = await Cloud.create({ DATABASE_URL: url.href });
});
afterEach(() => cloud.remove());
afterAll(async () => {
  await postgres.stop();
  await line.close();
  rmSync(directory, { recursive: true, force: true });
});

async function startApi(settings: Settings = {}): Promise<VitrineProcess> {
  const api = cloud.run('api', settings);
  const url = await api.ready();
  [admin, alice] = await Promise.all([cloud.as('admin', url), cloud.as('alice', url)]);
  return api;
}

interface Access {
  readonly operation: string;
  readonly result: string;
  readonly bytes: number;
  readonly count: number;
}
async function accesses(query: string): Promise<Access[]> {
  const answer = await admin.get(`/vitrine/v1/access?order=asc&limit=1000&${query}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.json.accesses as Access[];
}

/** A download that its client does not read on. */
async function beginDownload(): Promise<{ requestId: string; answer: IncomingMessage }> {
  const { id } = await alice.createActive(Buffer.alloc(large, 7));
  const requestId = `req-${randomUUID()}`;
  const headers = { 'x-auth-token': alice.token, 'x-openstack-request-id': requestId };
  const request = open(`${alice.url}/v2/images/${id}/file`, { headers });
  request.on('error', () => undefined);
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return { requestId, answer };
}

describe('kill -9 of the API', () => {
  it('loses what came since the last flush and nothing before, and of a download that ran no more than its end', async () => {
    const api = await startApi({ VITRINE_ACCESS_LOG_FLUSH_MS: '300' });
    const { requestId } = await beginDownload();
    await alice.get(`/v2/images/${randomUUID()}`, { 'x-openstack-request-id': 'req-before' });
    const written = async () => [
      ...(await accesses(`request_id=${requestId}`)),
      ...(await accesses('request_id=req-before')),
    ];
    await eventually(written, (found) => found.length === 2, 'the access log');
    await api.kill();
    await startApi();
    expect((await written()).map(({ result }) => result)).toEqual(['begun', 'refused']);
  });

  it('with a long interval loses as much as was said, and it is no more', async () => {
    const api = await startApi({ VITRINE_ACCESS_LOG_FLUSH_MS: '60000' });
    await alice.get(`/v2/images/${randomUUID()}`, { 'x-openstack-request-id': 'req-lost' });
    await api.kill();
    await startApi();
    expect(await accesses('request_id=req-lost')).toEqual([]);
  });
});

describe('an API that is told to stop', () => {
  it('writes what waits, with the downloads that it has waited for and those that it has cut', async () => {
    const api = await startApi({ VITRINE_ACCESS_LOG_FLUSH_MS: '60000', VITRINE_SHUTDOWN_SECONDS: '2' });
    const [read, left] = [await beginDownload(), await beginDownload()];
    await alice.get(`/v2/images/${randomUUID()}`, { 'x-openstack-request-id': 'req-last' });
    api.signal('SIGTERM');
    await api.said(({ msg }) => msg === 'waiting for running transfers');
    read.answer.resume();
    expect(await api.ended()).toBe(0);
    await startApi();
    expect(await accesses('request_id=req-last')).toMatchObject([{ result: 'refused' }]);
    expect(await accesses(`request_id=${read.requestId}`)).toMatchObject([{ result: 'complete', bytes: large }]);
    const [cut] = await accesses(`request_id=${left.requestId}`);
    expect(cut).toMatchObject({ result: 'failed' });
    expect(cut!.bytes).toBeLessThan(large);
  });
});

describe('a database that is away', () => {
  it('is waited for: what happened meanwhile is written when it is back, and one line tells of it', async () => {
    const api = await startApi({ VITRINE_ACCESS_LOG_FLUSH_MS: '50' });
    const { requestId, answer } = await beginDownload();
    line.cut();
    const nobody = { 'x-auth-token': 'forged' };
    await alice.get('/v2/images', nobody);
    await api.said(({ msg }) => msg === 'the access log cannot be written; entries wait');
    for (let n = 0; n < 50; n++) expect(await alice.get('/v2/images', nobody)).toMatchObject({ status: 401 });
    answer.resume();
    await once(answer, 'end');
    line.connectTo(postgres.port);
    await api.said(({ msg }) => msg === 'the access log is written again');
    const refused = async () => accesses('status=401');
    const count = (found: readonly Access[]) => found.reduce((sum, one) => sum + one.count, 0);
    await eventually(refused, (found) => count(found) === 51, 'the refusals');
    const [ended] = (await accesses(`request_id=${requestId}`)).filter(({ result }) => result !== 'begun');
    expect(ended).toMatchObject({ result: 'complete', bytes: large });
    expect(api.log.filter(({ msg }) => String(msg).includes('cannot be written'))).toHaveLength(1);
    expect((await alice.get('/metrics')).text).toContain('vitrine_access_log_lost_total 0');
  });

  it('that takes longer than the interval is waited for, and the next entries follow', async () => {
    await startApi({ VITRINE_ACCESS_LOG_FLUSH_MS: '20' });
    const missing = (name: string) =>
      alice.get(`/v2/images/${randomUUID()}`, { 'x-openstack-request-id': `req-${name}` });
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query('begin; lock table access.entries in exclusive mode');
    await missing('first');
    const waiting = async () =>
      (await owner.query('select 1 from pg_locks where not granted and relation = $1::regclass', ['access.entries']))
        .rowCount;
    await eventually(waiting, (count) => count === 1, 'the write');
    await missing('second');
    const since = Date.now();
    await eventually(
      () => Promise.resolve(Date.now() - since),
      (ms) => ms > 200,
      'ten intervals',
    );
    await owner.query('rollback');
    await owner.end();
    await eventually(
      () => accesses('request_id=req-second'),
      (found) => found.length === 1,
      'the second entry',
    );
    await missing('third');
    await eventually(
      () => accesses('request_id=req-third'),
      (found) => found.length === 1,
      'the third entry',
    );
  });

  it('does not hold up the end of a process, which says how many entries are lost', async () => {
    const api = await startApi({ VITRINE_ACCESS_LOG_FLUSH_MS: '60000', VITRINE_SHUTDOWN_SECONDS: '1' });
    await alice.get(`/v2/images/${randomUUID()}`);
    line.cut();
    expect(await api.stop()).toBe(0);
    expect(api.log.at(-1)).toMatchObject({ msg: expect.stringMatching(/access log has lost entries/), lost: 1 });
  });
});

it('forgets old days by its workers, and has made room for the next ones', async () => {
  const client = new pg.Client({ connectionString: cloud.settings.DATABASE_URL });
  await client.connect();
  try {
    await client.query('select access.make_partition(current_date - 8), access.make_partition(current_date - 6)');
    const days = async () => {
      const { rows } = await client.query<{ days: number }>(
        `select to_date(right(relname, 8), 'YYYYMMDD') - (now() at time zone 'UTC')::date as days
         from pg_inherits join pg_class on oid = inhrelid where inhparent = 'access.entries'::regclass order by 1`,
      );
      return rows.map((row) => row.days);
    };
    const workers = [1, 2].map(() => cloud.run('worker', { VITRINE_ACCESS_LOG_DAYS: '7' }));
    await Promise.all(workers.map((worker) => worker.ready()));
    await eventually(days, (found) => found.length === 4, 'the days that are kept');
    expect(await days()).toEqual([-6, 0, 1, 2]);
  } finally {
    await client.end();
  }
});
