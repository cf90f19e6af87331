import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

const root = '/v2/metadefs/namespaces';

interface Page {
  readonly namespaces: readonly (Readonly<Record<string, unknown>> & {
    readonly namespace: string;
    readonly resource_type_associations?: readonly { readonly name: string; readonly prefix?: string }[];
  })[];
  readonly first: string;
  readonly next?: string;
  readonly schema: string;
}
const page = async (path: string) => (await world.alice.get(path)).json as unknown as Page;

describe('a fresh installation', () => {
  it('knows resource types and namespaces for them', async () => {
    const { resource_types: types } = (await world.alice.get('/v2/metadefs/resource_types')).json;
    const time = expect.stringMatching(/Z$/);
    expect((types as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      ...['OS::Cinder::Volume', 'OS::Glance::Image', 'OS::Nova::Flavor'],
    ]);
    expect((types as object[])[0]).toEqual({ name: expect.any(String), created_at: time, updated_at: time });
    const { namespaces } = await page(`${root}?limit=1000`);
    expect(namespaces.length).toBeGreaterThan(14);
    for (const one of namespaces) {
      expect(one).toMatchObject({
        visibility: 'public',
        protected: true,
        resource_type_associations: expect.anything(),
      });
      expect(one).not.toHaveProperty('properties');
      expect(one).not.toHaveProperty('objects');
    }
  });

  it('answers what a dashboard asks before it shows its form for images', async () => {
    const { alice } = world;
    const schema = await alice.get('/v2/schemas/metadefs/namespace');
    expect(schema.json).toMatchObject({ name: 'namespace', required: ['namespace'] });
    const all = await page(`${root}?resource_types=OS::Glance::Image&limit=1000&sort_key=namespace&sort_dir=asc`);
    const names = all.namespaces.map(({ namespace }) => namespace);
    expect(names.length).toBeGreaterThan(10);
    expect(names).toEqual([...names].sort());
    expect(all).not.toHaveProperty('next');
    const seen = new Set<string>();
    for (const one of all.namespaces) {
      expect(one.resource_type_associations!.map(({ name }) => name)).toContain('OS::Glance::Image');
      const shown = await alice.get(`${root}/${one.namespace}?resource_type=OS::Glance::Image`);
      expect(shown.status).toBe(200);
      for (const name of Object.keys(shown.json.properties ?? {})) seen.add(name);
    }
    for (const name of ['hw_watchdog_action', 'hw_cpu_policy', 'os_distro', 'img_signature', 'os_secure_boot']) {
      expect(seen).toContain(name);
    }
    // Names as Nova reads them of an image: no prefix is missing and none is there twice.
    for (const name of seen) expect(name).toMatch(/^(hw|os|img|cinder|vmware)_(?!hw_|os_)/);
  });
});

describe('the list of namespaces', () => {
  it('is walked by relative links that keep the whole query, each namespace once', async () => {
    const whole = (await page(`${root}?limit=1000`)).namespaces.map(({ namespace }) => namespace);
    const seen: string[] = [];
    let path: string | undefined = `${root}?limit=4&visibility=public&sort_key=created_at&sort_dir=desc`;
    while (path !== undefined) {
      const { namespaces, first, next, schema }: Page = await page(path);
      expect(first).toBe(`${root}?limit=4&visibility=public&sort_key=created_at&sort_dir=desc`);
      expect(schema).toBe('/v2/schemas/metadefs/namespaces');
      if (next !== undefined) expect(next).toMatch(/limit=4&visibility=public.*&marker=OS%3A%3A/);
      seen.push(...namespaces.map(({ namespace }) => namespace));
      path = next;
    }
    expect(seen).toEqual(whole);
  });

  it('is filtered by any of several resource types, and what it does not know it passes over', async () => {
    const names = async (query: string) => (await page(`${root}?limit=1000&${query}`)).namespaces.length;
    const all = await names('');
    expect(await names('resource_types=OS::Nova::Flavor')).toBeLessThan(all);
    expect(await names('resource_types=OS::Nova::Flavor,OS::Glance::Image')).toBe(all);
    expect(await names('resource_types=OS::No::Such')).toBe(0);
    expect(await names('visibility=private')).toBe(0);
    expect(await names('color=red')).toBe(all);
    expect((await page(root)).namespaces).toHaveLength(Math.min(all, 25));
    expect((await page(`${root}?limit=0`)).namespaces).toHaveLength(0);
  });

  it.each([
    ['limit=-1', 400],
    ['limit=many', 400],
    ['limit=', 400],
    ['sort_key=color', 400],
    ['sort_dir=sideways', 400],
    ['visibility=shared', 400],
    ['marker=nowhere', 404],
    ['marker=%00', 400],
  ])('answers %s with %i', async (query, status) => {
    expect(await world.alice.get(`${root}?${query}`)).toMatchObject({ status });
  });

  it('finds no namespace under names that cannot be', async () => {
    for (const name of ['%00', '..%2F..', "'; drop table images", 'x'.repeat(300)]) {
      expect(await world.alice.get(`${root}/${name.replaceAll(' ', '%20')}`)).toMatchObject({ status: 404 });
    }
  });
});

describe('the schemas', () => {
  const schemas = '/v2/schemas/metadefs';

  it.each([
    ['namespace', 'namespace'],
    ['namespaces', 'namespaces'],
    ['resource_type', 'resource_type_association'],
    ['resource_types', 'resource_type_associations'],
    ['property', 'property'],
    ['properties', 'properties'],
    ['object', 'object'],
    ['objects', 'objects'],
    ['tag', 'tag'],
    ['tags', 'tags'],
  ])('of %s is called %s', async (last, name) => {
    const { json } = await world.alice.get(`${schemas}/${last}`);
    expect(json).toMatchObject({ name, properties: expect.anything() });
    expect(await world.alice.send('GET', `${schemas}/${last}`, ['body'])).toMatchObject({ status: 400 });
  });

  it('knows every member that is shown', async () => {
    const known = async (last: string) => {
      const { json } = await world.alice.get(`${schemas}/${last}`);
      return Object.keys(json.properties as object);
    };
    const [ofNamespace, ofObject, ofProperty] = await Promise.all(['namespace', 'object', 'property'].map(known));
    for (const { namespace } of (await page(`${root}?limit=1000`)).namespaces) {
      const { json } = await world.alice.get(`${root}/${namespace}`);
      expect(ofNamespace).toEqual(expect.arrayContaining(Object.keys(json)));
      for (const object of (json.objects ?? []) as object[]) {
        expect(ofObject).toEqual(expect.arrayContaining(Object.keys(object)));
      }
      for (const property of Object.values(json.properties ?? {})) {
        expect(ofProperty).toEqual(expect.arrayContaining(Object.keys(property as object)));
      }
    }
  });

  it('of anything else is 404', async () => {
    for (const last of ['constructor', 'image', 'x']) {
      expect(await world.alice.get(`${schemas}/${last}`)).toMatchObject({ status: 404 });
    }
  });
});

describe('a starting set that was changed', () => {
  it('stays as the admin left it over a restart', async () => {
    const { admin, cloud } = world;
    const name = 'OS::Compute::Watchdog';
    expect(await admin.delete(`${root}/${name}`)).toMatchObject({ status: 403 });
    await admin.put(`${root}/${name}`, { namespace: name, visibility: 'public', owner: 'admin' });
    expect(await admin.delete(`${root}/${name}`)).toMatchObject({ status: 204 });
    expect(await cloud.processes[0]!.stop()).toBe(0);
    const again = await cloud.as('admin', await cloud.run('start').ready());
    expect(await again.get(`${root}/${name}`)).toMatchObject({ status: 404 });
    expect(await again.get(`${root}/OS::Compute::TPM`)).toMatchObject({ status: 200 });
  });
});
