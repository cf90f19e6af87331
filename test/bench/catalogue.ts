import pg from 'pg';
import type { Client } from '../services/client.js';
import { seedLabels } from '../services/seed-labels.js';
import { paired, type Row } from './measure.js';
import type { Setting } from './setting.js';
import { wrk } from './wrk.js';

const few = 2_000;
const many = 100_000;
const rounds = 3;

/** Lists of one shape in a large catalogue beside the same in a small one: the size must hardly show. */
export async function catalogue(setting: Setting): Promise<Row[]> {
  const [small, large] = [await filled(setting, few), await filled(setting, many)];
  const shapes: Readonly<Record<string, (of: Filled) => string>> = {
    'list, first page': () => '?limit=25',
    'list by name': ({ count }) => `?name=seed-${count / 2}`,
    'list of the public, sorted': () => '?visibility=public&sort=created_at:desc&limit=25',
    'list deep inside': ({ marker }) => `?limit=25&marker=${marker}`,
    'list by a property': () => '?os_version=7&limit=25',
    'list by a tag': () => '?tag=t3&limit=25',
  };
  const rows: Row[] = [];
  for (const [what, query] of Object.entries(shapes)) {
    const of = (one: Filled) => wrk(one.alice, `/v2/images${query(one)}`);
    const measured = await paired(rounds, of(large), of(small));
    const reference = `with ${few.toLocaleString('en')} images`;
    const label = `${what}, ${many.toLocaleString('en')} images`;
    rows.push({ ...measured, what: label, unit: 'requests/s', reference, target: { atLeast: 0.67 } });
  }
  return rows;
}

interface Filled {
  readonly alice: Client;
  readonly count: number;
  /** an image nine tenths of the way through the default order */
  readonly marker: string;
}

async function filled(setting: Setting, count: number): Promise<Filled> {
  const cloud = await setting.newCloud();
  const alice = await cloud.as('alice', await cloud.run('api').ready());
  // Documents as the API renders them: one real image, and its text with another id and name in all others.
  const { id } = await alice.createImage({ name: 'seed-template', ...template });
  const database = new pg.Client({ connectionString: cloud.settings.DATABASE_URL });
  await database.connect();
  await database.query(seedStatement, [count, id]);
  await database.query(seedLabels);
  await database.query('vacuum analyze catalog.images, catalog.labels');
  const { rows } = await database.query<{ id: string }>('select id from catalog.images where name = $1', [
    `seed-${count / 10}`,
  ]);
  await database.end();
  return { alice, count, marker: rows[0]!.id };
}

const template = { os_distro: 'debian', os_version: '7', hw_disk_bus: 'virtio', architecture: 'x86_64', tags: ['t3'] };

/** Parameters: how many, and the id of the image that they are like. A fifth is public and an admin's. */
const seedStatement = `
  insert into catalog.images (id, version, status, visibility, owner, name, protected, os_hidden, min_disk, min_ram,
    container_format, disk_format, created_at, updated_at, tags, properties, document)
  select md5(n::text)::uuid, 1, status, (array['private', 'shared', 'private', 'shared', 'public'])[n % 5 + 1],
    case when n % 5 = 4 then 'admin' else owner end, 'seed-' || n, false, false, 0, 0, container_format, disk_format,
    created_at - interval '1 day' + n * interval '1 ms', updated_at, array['seed', 't' || n % 10],
    properties || jsonb_build_object('os_version', (n % 30)::text),
    replace(replace(document, id::text, md5(n::text)::uuid::text), 'seed-template', 'seed-' || n)
  from generate_series(0, $1::int - 1) n, catalog.images where id = $2::uuid`;
