import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Client, eventually, type Answer } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { settle } from '../services/people.js';
import { createTestRedisDatabase, type TestRedisDatabase } from '../services/redis-database.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const plant = (what: string) => `planted-${what}-${randomBytes(8).toString('hex')}`;
/** What a caller or an operator has to say where it is a secret. */
const secrets = {
  forgedToken: plant('token'),
  serviceToken: plant('service-token'),
  wrongPassword: plant('password'),
  userinfo: plant('userinfo'),
  signature: plant('signature'),
  redirected: plant('redirected'),
  storeKey: plant('store-key'),
  storeSecret: plant('store-secret'),
  brokenBody: plant('body'),
};
const userName = 'lovelace@example.org';

let cloud: Cloud;
let web: WebServer;
let redis: TestRedisDatabase | undefined;
afterEach(async () => {
  await cloud.remove();
  await web.stop();
  await redis?.drop();
});

describe.each(['redis', 'postgresql'])('with queues on %s', (queues) => {
  it('no secret of a caller or an operator is in a log, a table, a queue or an answer, and no name in an event', async () => {
    web = await startWebServer((request, answer) => {
      const { pathname } = new URL(request.url!, 'http://host');
      if (pathname === '/good') answer.end('data');
      else if (pathname === '/redirect') {
        answer
          .writeHead(302, { location: `http://user:${secrets.redirected}@127.0.0.1/x?token=${secrets.redirected}` })
          .end();
      } else if (pathname === '/cut') request.socket.destroy();
      else answer.writeHead(403).end();
    });
    if (queues === 'redis') redis = await createTestRedisDatabase();
    cloud = await Cloud.create({
      ...{ REDIS_URL: redis?.url, VITRINE_IMPORT_ALLOWED_PORTS: String(web.port), VITRINE_LOG_LEVEL: 'trace' },
      ...{ VITRINE_ACCESS_LOG_FLUSH_MS: '50', VITRINE_SHOW_MULTIPLE_LOCATIONS: 'true' },
    });
    settle(cloud, { ada: ['alpha', 'member', 'reader'], root: ['admin', 'admin'] }, { ada: userName });
    const stores = [
      `local=file:${cloud.directory}/images`,
      `away=s3+http://${secrets.storeKey}:${secrets.storeSecret}@127.0.0.1:1/bucket?region=x`,
      'web=http:',
    ];
    const heard = queues === 'redis' ? await listen(redis!.url) : undefined;
    const vitrine = cloud.run('start', { VITRINE_STORES: stores.join(',') });
    const url = await vitrine.ready();
    const ada = await cloud.as(userName, url);
    const root = await cloud.as('root', url);
    const answers = [...(await callWithSecrets(ada, root)), ...(await askForEverything(ada, root))];
    await vitrine.stop();

    const database = await dump();
    const places: Record<string, string> = {
      'the log of the process': vitrine.output,
      'the database': database.all,
      'the queue': heard?.commands.join('\n') ?? '',
      'the answers': answers.map(({ text, headers }) => `${JSON.stringify(headers)} ${text}`).join('\n'),
    };
    heard?.stop();
    const empty = Object.keys(places).filter((place) => places[place]!.length < 1_000);
    expect(empty).toEqual(queues === 'redis' ? [] : ['the queue']);
    const real = { token: ada.token!, password: cloud.password(userName), admins: root.token! };
    expect(found({ ...secrets, ...real }, places)).toEqual([]);
    expect(found({ userName }, { events: database.events, 'the database': database.all })).toEqual([]);
  });
});

/** Which secret lies where, also as bytes in hexadecimal and percent-encoded. */
function found(wanted: Readonly<Record<string, string>>, places: Readonly<Record<string, string>>): string[] {
  return Object.entries(wanted).flatMap(([name, secret]) => {
    const spellings = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex')];
    return Object.entries(places)
      .filter(([, text]) => spellings.some((spelling) => text.includes(spelling)))
      .map(([place]) => `${name} is in ${place}`);
  });
}

/** Every place where a caller can say a secret, with success and with failure. */
async function callWithSecrets(ada: Client, root: Client): Promise<Answer[]> {
  const answers: Answer[] = [];
  const call = async (client: Client, ...request: Parameters<Client['send']>) => {
    const answer = await client.send(...request);
    answers.push(answer);
    return answer;
  };
  const nobody = new Client(ada.url, secrets.forgedToken);
  await call(nobody, 'GET', '/v2/images');
  await call(nobody, 'GET', `/v2/images?token=${secrets.forgedToken}`);
  await call(ada, 'GET', '/v2/images', undefined, { 'x-service-token': secrets.serviceToken });
  await call(ada, 'GET', '/v2/nothing', undefined, { 'x-service-token': secrets.serviceToken });
  const password = { user: { name: userName, domain: { id: 'default' }, password: secrets.wrongPassword } };
  const login = { auth: { identity: { methods: ['password'], password } } };
  await call(nobody, 'POST', '/identity/v3/auth/tokens', login);
  await call(nobody, 'POST', '/identity/v3/auth/tokens', { auth: { ...login, password: secrets.wrongPassword } });
  await call(ada, 'POST', '/v2/images', `{"name": "x", "password": "${secrets.brokenBody}`);
  await call(ada, 'POST', '/v2/images', secrets.brokenBody);

  const { host } = new URL(web.url);
  const withUser = `http://user:${secrets.userinfo}@${host}/good`;
  const signed = (path: string) => `${web.url}/${path}?X-Amz-Signature=${secrets.signature}`;
  const importOf = async (uri: string) => {
    const { id } = await ada.createImage();
    await call(ada, 'POST', `/v2/images/${id}/import`, { method: { name: 'web-download', uri } });
    return id;
  };
  await importOf(withUser);
  const [good, ...bad] = await Promise.all(
    ['good', 'refused', 'redirect', 'cut'].map((path) => importOf(signed(path))),
  );
  await ada.until(good!, ({ status }) => status === 'active');
  for (const id of bad) await ada.until(id, ({ status }) => status !== 'active');
  const task = (uri: string) => ({
    type: 'import',
    input: {
      import_from: uri,
      import_from_format: 'raw',
      image_properties: { disk_format: 'raw', container_format: 'bare' },
    },
  });
  for (const uri of [withUser, signed('good')]) await call(root, 'POST', '/v2/tasks', task(uri));
  const item = (...urls: string[]) => ({ name: 'x', urls, disk_format: 'raw', container_format: 'bare' });
  for (const items of [[item(withUser)], [item(signed('cut'), withUser)], [item(signed('refused'), signed('good'))]]) {
    const headers = { 'idempotency-key': randomUUID() };
    await call(ada, 'POST', '/vitrine/v1/bulk-imports', { items }, headers);
    await call(ada, 'POST', '/vitrine/v1/bulk-imports?dry_run=true', { items });
  }
  const { id } = await ada.createImage();
  await call(ada, 'POST', `/v2/images/${id}/locations`, { url: withUser });
  const add = [{ op: 'add', path: '/locations/-', value: { url: withUser, metadata: {} } }];
  answers.push(await ada.patch(id, add));
  // Of another region, which is this one: the caller's token goes along, until the end.
  for (const [region, there] of [
    ['RegionOne', good],
    ['RegionOne', randomUUID()],
    ['Nowhere', good],
  ]) {
    const { id: copy } = await ada.createImage();
    const method = { name: 'glance-download', glance_region: region, glance_image_id: there };
    await call(ada, 'POST', `/v2/images/${copy}/import`, { method });
    await ada.until(copy, ({ status }) => status === 'active' || status === 'queued');
  }
  const stored = await ada.createImage();
  await call(ada, 'PUT', `/v2/images/${stored.id}/file`, Buffer.from('x'), { 'x-image-meta-store': 'away' });
  await eventually(
    () => ada.get('/vitrine/v1/bulk-imports'),
    ({ text }) => !/"(waiting|running)":[1-9]/.test(text),
    'the bulk imports',
  );
  return answers;
}

async function askForEverything(ada: Client, root: Client): Promise<Answer[]> {
  const { images } = await root.get('/v2/images?limit=100');
  const { bulk_imports: bulks } = (await root.get('/vitrine/v1/bulk-imports')).json as {
    bulk_imports: { id: string }[];
  };
  const paths = [
    ...['json', 'cloudevents', 'cadf', 'csv'].map((format) => `/vitrine/v1/events?limit=1000&format=${format}`),
    ...['/vitrine/v1/access?limit=1000', '/v2/images', '/v2/tasks', '/v2/info/stores', '/v2/info/stores/detail'],
    ...['/metrics', '/healthcheck', '/vitrine/v1/bulk-imports'],
    ...images.flatMap(({ id }) => ['', '/tasks', '/locations'].map((part) => `/v2/images/${id}${part}`)),
    ...images.map(({ id }) => `/vitrine/v1/images/${id}/history`),
    ...bulks.flatMap(({ id }) => [`/vitrine/v1/bulk-imports/${id}`, `/vitrine/v1/bulk-imports/${id}/items`]),
  ];
  return Promise.all(paths.flatMap((path) => [ada.get(path), root.get(path)]));
}

/** Everything that Redis is told from now on. */
async function listen(url: string): Promise<{ commands: string[]; stop(): void }> {
  const commands: string[] = [];
  const client = new Redis(url);
  const monitor = await client.monitor();
  monitor.on('monitor', (_time: string, args: readonly string[]) => commands.push(args.join(' ')));
  return {
    commands,
    stop: () => {
      monitor.disconnect();
      client.disconnect();
    },
  };
}

/** Every row of every table as text. */
async function dump(): Promise<{ all: string; events: string }> {
  const client = new pg.Client({ connectionString: cloud.settings.DATABASE_URL });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
    );
    const texts = new Map<string, string>();
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      texts.set(name, rows.map(({ row }) => row).join('\n'));
    }
    return { all: [...texts.values()].join('\n'), events: texts.get('public.events')! };
  } finally {
    await client.end();
  }
}
