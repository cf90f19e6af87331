import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { seedLabels } from '../../../../test/services/seed-labels.js';
import { imageListStatement, type ImageListQuery } from './image-list.query.js';
import { listQuery, member } from './image-list.spec-kit.js';
import { nodes, planOf, rowsRead, type PlanNode } from '../plan.spec-kit.js';

const count = 5_000;

/** Whose the images are: one project's four fifths and an admin's public fifth, or a cloud of many projects. */
const clouds = {
  'one large project': `case when n % 5 = 4 then 'admin' else 'alpha' end`,
  'a hundred projects': `case when n % 100 = 0 then 'alpha' else 'project-' || n % 100 end`,
};

const seed = (owner: string) => `
  insert into catalog.images (id, version, status, visibility, owner, name, protected, os_hidden, min_disk, min_ram,
    container_format, disk_format, created_at, updated_at, tags, properties, document)
  select md5(n::text)::uuid, 1, 'queued', (array['private', 'shared', 'private', 'shared', 'public'])[n % 5 + 1],
    ${owner}, 'bench-seed-' || lpad(n::text, 5, '0'), false, false, 0, n % 8 * 256,
    'bare', (array['raw', 'qcow2', 'vmdk', 'iso'])[n % 4 + 1], at, at, array['bench-seed', 't' || n % 10],
    jsonb_build_object('os_distro', (array['debian', 'ubuntu', 'fedora', 'rocky', 'windows'])[n % 5 + 1],
      'os_version', (n % 30)::text, 'architecture', 'x86_64'), '{}'
  from generate_series(0, ${count - 1}) n, lateral (select timestamptz '2026-01-01' + n * interval '1 s' as at);
  insert into catalog.members
  select id, (array['beta', 'gamma', 'alpha'])[row_number() over () % 3 + 1], 'accepted', created_at, created_at
  from catalog.images where visibility = 'shared' limit 60;
  ${seedLabels};
  analyze catalog.images, catalog.labels, catalog.members`;

const alpha = member('alpha');
const admin = { projectId: 'admin', isAdmin: true };
/** Has nothing, and is invited to little. */
const newcomer = member('gamma');
const list = (given: Partial<ImageListQuery>, viewer = alpha) => listQuery(viewer, { limit: 25, ...given });
/** An image nine tenths of the way through the default order that every viewer here sees: a public one. */
const deep = { marker: 'select id from catalog.images where name = ', name: 'bench-seed-00504' };
const name = { on: 'text', column: 'name', anyOf: ['bench-seed-02500'] } as const;
const osVersion7 = { on: 'property', name: 'os_version', value: '7' } as const;
const byName = [
  { key: 'name', dir: 'asc' },
  { key: 'created_at', dir: 'desc' },
  { key: 'id', dir: 'desc' },
] as const;

const shapes: Readonly<Record<string, (marker: string) => ImageListQuery>> = {
  'the first page': () => list({}),
  'a page deep inside': (marker) => list({ marker }),
  'a large page deep inside': (marker) => list({ marker, limit: 100 }),
  'by name': () => list({ filters: [name] }),
  'public, newest first': () => list({ visibility: 'public' }),
  'sorted by name': () => list({ sort: byName }),
  'by a property': () => list({ filters: [osVersion7] }),
  'by a property that no image has': () => list({ filters: [{ on: 'property', name: 'os_version', value: 'none' }] }),
  'by a tag of a tenth': () => list({ filters: [{ on: 'tags', all: ['t3'] }] }),
  'by a tag of every image, a large page': () => list({ filters: [{ on: 'tags', all: ['bench-seed'] }], limit: 1000 }),
  "a newcomer's first page": () => list({}, newcomer),
  "a newcomer's by a property": () => list({ filters: [osVersion7] }, newcomer),
  "an admin's first page": () => list({}, admin),
  "an admin's page deep inside": (marker) => list({ marker }, admin),
  "an admin's by name": () => list({ filters: [name] }, admin),
  "an admin's by id": (marker) => list({ filters: [{ on: 'text', column: 'id', anyOf: [marker] }] }, admin),
  "an admin's by a property": () => list({ filters: [osVersion7] }, admin),
};

describe.each(Object.entries(clouds))(
  'in a cloud of %s, by the plans that the service makes, no list reads the whole table',
  (_, ownerOf) => {
    let test: TestDatabase;
    let client: pg.Client;
    let marker: string;

    beforeAll(async () => {
      test = await createTestDatabase();
      const owner = new pg.Client({ connectionString: test.url });
      await owner.connect();
      await owner.query(seed(ownerOf));
      const { rows } = await owner.query<{ id: string }>(`${deep.marker} '${deep.name}'`);
      marker = rows[0]!.id;
      await owner.end();
      client = new pg.Client(new Database({ url: test.url }).connection());
      await client.connect();
    });
    afterAll(async () => {
      await client.end();
      await test.drop();
    });

    it.each(Object.entries(shapes))('%s', async (_, shape) => {
      const query = shape(marker);
      const plan = await planOf(client, imageListStatement(query));
      expect(scans(plan)).not.toContain('Seq Scan on images');
      // What it shows and little more: each branch is cut at the limit before they are merged.
      expect(rowsRead(plan, (relation) => relation === 'images')).toBeLessThan(8 * query.limit);
    });
  },
);

const scans = (plan: PlanNode) => nodes(plan).map((node) => `${node['Node Type']} on ${node['Relation Name']}`);
