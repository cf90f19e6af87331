import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
  const { admin, alice, bob } = world;
  for (let n = 0; n < 7; n++) {
    await alice.createImage({ name: `a${n % 3}`, tags: ['all', `t${n}`], os_distro: n % 2 ? 'debian' : 'ubuntu' });
  }
  await bob.createImage({ name: 'bobs' });
  await bob.createImage({ name: 'for everybody who asks', visibility: 'community' });
  await admin.createImage({ name: 'for all', visibility: 'public' });
  await alice.createImage({ name: 'hidden', os_hidden: true });
});
afterAll(() => world.cloud.remove());

const names = async (who: Client, query = '') =>
  (await who.get(`/v2/images?${query}`)).images.map(({ name }) => name).sort();

describe('listing images', () => {
  it('shows what is mine and what is public, without the hidden', async () => {
    expect(await names(world.alice)).toEqual(['a0', 'a0', 'a0', 'a1', 'a1', 'a2', 'a2', 'for all']);
    expect(await names(world.bob)).toEqual(['bobs', 'for all', 'for everybody who asks']);
    expect(await names(world.alice, 'os_hidden=true')).toEqual(['hidden']);
    expect(await names(world.alice, 'visibility=community')).toEqual(['for everybody who asks']);
    expect(await names(world.admin)).toHaveLength(9);
  });

  it('walks every page by relative links that keep the whole query, each image once', async () => {
    const { alice } = world;
    const seen: string[] = [];
    let path: unknown = '/v2/images?limit=2&sort=name:asc,created_at:desc&tag=all&visibility=shared';
    while (typeof path === 'string') {
      expect(path).toMatch(/^\/v2\/images\?/);
      const page = (await alice.get(path)).json as unknown as { images: { id: string }[]; next?: string };
      seen.push(...page.images.map(({ id }) => id));
      path = page.next;
      if (typeof path === 'string') expect(path).toMatch(/tag=all.*visibility=shared/);
    }
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
  });

  it('filters by name, by several names, by tags and by a property', async () => {
    const { alice } = world;
    expect(await names(alice, 'name=a1')).toEqual(['a1', 'a1']);
    expect(await names(alice, `name=in:a1,"for all"`)).toEqual(['a1', 'a1', 'for all']);
    expect(await names(alice, 'tag=all&tag=t3')).toEqual(['a0']);
    expect(await names(alice, 'os_distro=debian')).toEqual(['a0', 'a1', 'a2']);
    expect(await names(alice, 'status=active')).toEqual([]);
    expect(await names(alice, 'created_at=gte:2000-01-01T00:00:00Z&name=a2')).toEqual(['a2', 'a2']);
  });

  it('says where the list is', async () => {
    expect((await world.alice.get('/v2/images?limit=1&name=a1')).json).toMatchObject({
      first: '/v2/images?limit=1&name=a1',
      schema: '/v2/schemas/images',
      next: expect.stringMatching(/^\/v2\/images\?limit=1&name=a1&marker=[0-9a-f-]{36}$/),
    });
  });

  it.each([
    ['limit=-1'],
    ['limit=many'],
    ['marker=nowhere'],
    ['marker=00000000-0000-4000-8000-000000000000'],
    ['sort_key=color'],
    ['sort_dir=sideways'],
    ['sort=name:asc&sort_key=name'],
    ['visibility=secret'],
    ['member_status=maybe'],
    ['protected=True'],
    ['os_hidden=perhaps'],
    ['size_min=big'],
    ['created_at=gte:yesterday'],
    ['changes-since=2026-01-01'],
    ['name=in:"open'],
  ])('answers 400 to %s and says why', async (query) => {
    const answer = await world.alice.get(`/v2/images?${query}`);
    expect(answer.status).toBe(400);
    expect(String(answer.json.message).length).toBeGreaterThan(10);
  });
});
