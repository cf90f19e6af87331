import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Answer, Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

const rename = (value: string) => [{ op: 'replace', path: '/name', value }];
const tagOf = async (client: Client, id: string) => (await client.get(`/v2/images/${id}`)).headers.etag!;

it('every image that is shown, made or changed comes with the tag of its version, which moves with each change', async () => {
  const { alice } = world;
  const created = await alice.post('/v2/images', { name: 'one' });
  const { id } = created.image;
  expect(created.headers.etag).toMatch(/^"\d+"$/);
  expect(await tagOf(alice, id)).toBe(created.headers.etag);
  const changed = await alice.patch(id, rename('two'), { 'if-match': created.headers.etag! });
  expect(changed.status).toBe(200);
  expect(changed.headers.etag).not.toBe(created.headers.etag);
  expect(await tagOf(alice, id)).toBe(changed.headers.etag);
  expect((await alice.patch(id, [])).headers.etag).toBe(changed.headers.etag);
  await alice.put(`/v2/images/${id}/tags/t`);
  expect(await tagOf(alice, id)).not.toBe(changed.headers.etag);
});

it('of two clients that read the same version the second is told 412, and what the first wrote stays', async () => {
  const { alice, admin } = world;
  const { id } = await alice.createImage({ name: 'both read this' });
  const [seenByAlice, seenByAdmin] = [await tagOf(alice, id), await tagOf(admin, id)];
  const distro = [{ op: 'add', path: '/os_distro', value: 'debian' }];
  const answers = await Promise.all([
    alice.patch(id, rename('by alice'), { 'if-match': seenByAlice }),
    admin.patch(id, distro, { 'if-match': seenByAdmin }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  const [first, second] = answers[0].status === 200 ? answers : [answers[1], answers[0]];
  expect(second.json).toMatchObject({ code: '412 Precondition Failed', title: 'Precondition Failed' });
  expect(await alice.show(id)).toEqual(first.image);
  const [again] = answers[0].status === 412 ? [rename('by alice')] : [distro];
  expect(await alice.patch(id, again, { 'if-match': await tagOf(alice, id) })).toMatchObject({ status: 200 });
  expect(await alice.show(id)).toMatchObject({ name: 'by alice', os_distro: 'debian' });
});

it('of 20 changes at once for the same version exactly one is made', async () => {
  const { alice } = world;
  const { id } = await alice.createImage({ name: 'start' });
  const tag = await tagOf(alice, id);
  const names = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
  const answers = await Promise.all(names.map((name) => alice.patch(id, rename(name), { 'if-match': tag })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(412)]);
  expect((await alice.show(id)).name).toBe(answers.find(({ status }) => status === 200)!.image.name);
  expect((await alice.history(id)).map(({ type }) => type)).toHaveLength(2);
});

it('a change of any kind for a version that has passed is 412 and does not happen', async () => {
  const { alice, bob } = world;
  const { id } = await alice.createActive(Buffer.from('x'), { tags: ['kept'] });
  const stale = { 'if-match': await tagOf(alice, id) };
  await alice.post(`/v2/images/${id}/members`, { member: bob.projectId });
  const before = { image: await alice.show(id), events: await alice.history(id) };
  const image = `/v2/images/${id}`;
  const attempts: (() => Promise<Answer>)[] = [
    () => alice.patch(id, rename('late'), stale),
    () => alice.patch(id, [], stale),
    () => alice.delete(image, stale),
    () => alice.put(`${image}/tags/new`, undefined, stale),
    () => alice.delete(`${image}/tags/kept`, stale),
    () => alice.post(`${image}/members`, { member: 'another' }, stale),
    () => bob.put(`${image}/members/${bob.projectId}`, { status: 'accepted' }, stale),
    () => alice.delete(`${image}/members/${bob.projectId}`, stale),
    () => alice.post(`${image}/actions/deactivate`, undefined, stale),
  ];
  for (const attempt of attempts) expect(await attempt()).toMatchObject({ status: 412 });
  expect({ image: await alice.show(id), events: await alice.history(id) }).toEqual(before);
});

it('an upload and an import for a version that has passed are 412', async () => {
  const { alice } = world;
  const { id } = await alice.createImage();
  const stale = { 'if-match': await tagOf(alice, id) };
  await alice.patch(id, rename('moved on'));
  expect(await alice.upload(id, Buffer.from('x'), stale)).toMatchObject({ status: 412 });
  const method = { name: 'web-download', uri: 'http://127.0.0.1/x' };
  expect(await alice.post(`/v2/images/${id}/import`, { method }, stale)).toMatchObject({ status: 412 });
  expect(await alice.show(id)).toMatchObject({ status: 'queued' });
});

it('any version fits *, one of a list fits, a weak tag never does, and what is no list of tags is 400', async () => {
  const { alice } = world;
  const { id } = await alice.createImage();
  const change = async (header: (tag: string) => string) =>
    (await alice.patch(id, rename(header('')), { 'if-match': header(await tagOf(alice, id)) })).status;
  expect(await change(() => '*')).toBe(200);
  expect(await change((tag) => `"999", W/"998", ${tag}`)).toBe(200);
  expect(await change((tag) => `W/${tag}`)).toBe(412);
  expect(await change(() => '"999","998"')).toBe(412);
  expect(await change((tag) => tag.replaceAll('"', ''))).toBe(400);
});

it('what would be refused anyway is refused as before: a condition tells nothing to those who may not see the image', async () => {
  const { alice, bob } = world;
  const { id } = await alice.createImage({ visibility: 'private' });
  const stale = { 'if-match': '"999"' };
  expect(await bob.patch(id, rename('x'), stale)).toMatchObject({ status: 404 });
  expect(await bob.delete(`/v2/images/${id}`, stale)).toMatchObject({ status: 404 });
  expect(await alice.delete(`/v2/images/${id}/tags/none`, stale)).toMatchObject({ status: 404 });
});
