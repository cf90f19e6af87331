import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findImageStatement, imageListStatement } from '#catalog';
import type { Client, ImageJson } from '../services/client.js';
import { paired, type Row } from './measure.js';
import type { Setting } from './setting.js';
import { wrk } from './wrk.js';

const images = 2_000;
const rounds = 5;

/** Show and list beside a handler that does nothing but send the same bytes from the same query. */
export async function requests(setting: Setting): Promise<Row[]> {
  const cloud = await setting.newCloud();
  const alice = await cloud.as('alice', await cloud.run('api').ready());
  const ids = await seed(alice);
  const bare = await startBareServer(cloud.settings.DATABASE_URL!, alice);
  const script = join(setting.directory, 'show.lua');
  writeFileSync(script, showScript(ids));
  const listPath = '/v2/images?limit=25';
  await assertSameBytes(alice, bare.url, [listPath, `/v2/images/${ids[7]!}`]);

  const show = await paired(rounds, wrk(alice, '/', script), wrk(bare, '/', script));
  const list = await paired(rounds, wrk(alice, listPath), wrk(bare, listPath));
  bare.stop();
  const reference = 'bare node:http + pg';
  return [
    { ...show, what: 'show', unit: 'requests/s', reference, target: { atLeast: 0.5 } },
    { ...list, what: `list of 25 out of ${images}`, unit: 'requests/s', reference, target: { atLeast: 0.5 } },
  ];
}

async function seed(alice: Client): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < images; n += 16) {
    const some = Array.from({ length: Math.min(16, images - n) }, (_, index) => seedImage(alice, n + index));
    ids.push(...(await Promise.all(some)).map(({ id }) => id));
  }
  return ids;
}

function seedImage(alice: Client, n: number): Promise<ImageJson> {
  return alice.createImage({
    name: `seed-${n}`,
    visibility: ['private', 'shared', 'community'][n % 3],
    tags: ['seed', `t${n % 10}`],
    ...{ os_distro: 'debian', os_version: String(n % 30), hw_disk_bus: 'virtio', architecture: 'x86_64' },
  });
}

async function startBareServer(databaseUrl: string, alice: Client) {
  const answer = (await alice.get('/v2/images?limit=25')).text;
  const from = '{"images":['.length;
  const to = answer.lastIndexOf('],"first"');
  const show = findImageStatement('', alice.projectId);
  const list = imageListStatement({
    viewer: { projectId: alice.projectId, isAdmin: false },
    ...{ filters: [], visibility: undefined, memberStatus: 'accepted', hidden: false, marker: undefined, limit: 25 },
    sort: [
      { key: 'created_at', dir: 'desc' },
      { key: 'id', dir: 'desc' },
    ],
  });
  const program = fileURLToPath(new URL('./bare-server.js', import.meta.url));
  const options = JSON.stringify({ databaseUrl, show, list, head: answer.slice(0, from), tail: answer.slice(to) });
  const server = spawn(process.execPath, [program, options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${port.toString().trim()}`, token: undefined, stop: () => server.kill() };
}

async function assertSameBytes(alice: Client, bareUrl: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const bare = await (await fetch(`${bareUrl}${path}`)).text();
    if (bare !== (await alice.get(path)).text) throw new Error(`the two servers answer ${path} differently`);
  }
}

/** Shows random images. */
function showScript(ids: readonly string[]): string {
  return `local ids = { ${ids.map((id) => `"${id}"`).join(',')} }
function request() return wrk.format("GET", "/v2/images/" .. ids[math.random(#ids)]) end
`;
}
