import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { path, show } from '../conformance/bulk-imports.spec-kit.js';
import { eventually, type Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

let web: WebServer;
let cloud: Cloud;
let listing: string;
beforeEach(async () => {
  web = await startWebServer((_, answer) => answer.end(listing));
  cloud = await Cloud.create({ VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
});
afterEach(async () => {
  await cloud.remove();
  await web.stop();
});

const count = 8_000;
const listingOf = (name: string) =>
  Array.from({ length: count }, (_, n) => `${'ab'.repeat(32)} *${name}-${n}.qcow2\n`).join('');

it('a request whose API was killed is finished when it is sent again, unless its source names something else by then', async () => {
  listing = listingOf('first');
  const api = cloud.run('api');
  const alice = await cloud.as('alice', await api.ready());
  const ask = (client: Client) =>
    client.post(path, { source: { sums: `${web.url}/SUMS` } }, { 'idempotency-key': 'killed' });
  const cut = ask(alice).catch(() => undefined);
  await eventually(
    async () => (await alice.get('/v2/images?limit=1')).images.length,
    (made) => made > 0,
    'the first image',
  );
  await api.kill();
  expect(await cut).toBeUndefined();

  const again = await cloud.as('alice', await cloud.run('api').ready());
  const [begun] = (await again.get(path)).json.bulk_imports as { id: string; status: string }[];
  expect(begun!.status).toBe('requested');
  listing = listingOf('second');
  const refused = await ask(again);
  expect(refused).toMatchObject({ status: 409 });
  expect(refused.json.detail).toContain('What the source names has changed');
  expect((await again.get('/v2/images?name=second-0')).images).toEqual([]);

  listing = listingOf('first');
  expect(await ask(again)).toMatchObject({ status: 202, json: { id: begun!.id, items: { total: count } } });
  expect(await show(again, begun!.id)).toMatchObject({ status: 'running', items: { waiting: count } });
}, 120_000);
