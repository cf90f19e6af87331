import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, eventually, type ImageJson } from '../services/client.js';
import { Cloud, startCloud, type User } from '../services/cloud.js';

const bytes = randomBytes(700_000);
const none = '00000000-0000-4000-8000-000000000000';

/** A region that keeps the users of both, and images of its own. */
let one: Awaited<ReturnType<typeof startCloud>>;
/** Another, whose users are those of the first, as with one Keystone for all regions. */
let two: Cloud;
let url: string;
beforeAll(async () => {
  one = await startCloud();
  two = await Cloud.create({
    ...{ VITRINE_IDENTITY: 'keystone', OS_AUTH_URL: `${one.url}/identity/v3` },
    ...{ OS_USERNAME: 'glance', OS_PASSWORD: one.cloud.password('glance'), OS_PROJECT_NAME: 'service' },
    // Addresses of downloads from the web; what the catalogue has is not one of them.
    VITRINE_IMPORT_ALLOW_PRIVATE: 'false',
    VITRINE_IMPORT_ATTEMPTS: '2',
  });
  url = await two.run('start').ready();
});
afterAll(async () => {
  await two.remove();
  await one.cloud.remove();
});

const here = (user: User) => new Client(url, one[user].token, one[user].projectId, one[user].userId);
const asking = (id: string, more: object = {}) => ({
  method: { name: 'glance-download', glance_region: 'RegionOne', glance_image_id: id, ...more },
});
const askFor = (target: string, id: string, more: object = {}, who = here('alice')) =>
  who.post(`/v2/images/${target}/import`, asking(id, more));

interface TaskJson {
  readonly status: string;
  readonly message: string;
  readonly input: object;
}
const taskOf = async (id: string, who = here('alice')) =>
  ((await who.get(`/v2/images/${id}/tasks`)).json.tasks as TaskJson[]).at(-1)!;
const failed = (id: string) =>
  eventually(
    () => taskOf(id),
    ({ status }) => status === 'failure',
    `the task of image ${id}`,
  );
const active = (id: string) => here('alice').until(id, ({ status }) => status !== 'importing');

describe('glance-download', () => {
  let source: ImageJson;
  beforeAll(async () => {
    const properties = { hw_disk_bus: 'virtio', 'trait:SSD': 'required', os_distro: 'rhel', speed: '88mph' };
    const formats = { disk_format: 'qcow2', container_format: 'ovf' };
    source = await one.alice.createActive(bytes, { ...formats, ...properties, name: 'there', visibility: 'private' });
  });

  it('copies the data, the formats and the properties that a guest needs from another region', async () => {
    const { id } = await here('alice').createImage({ name: 'here', hw_disk_bus: 'ide', os_distro: 'windows', a: 'b' });
    const answer = await askFor(id, source.id, { glance_service_interface: 'internal' });
    expect(answer).toMatchObject({ status: 202, text: '' });
    const image = await active(id);
    expect(image).toMatchObject({
      ...{ status: 'active', name: 'here', size: bytes.length, os_hash_value: source.os_hash_value },
      ...{ disk_format: 'qcow2', container_format: 'ovf', a: 'b' },
      ...{ hw_disk_bus: 'virtio', 'trait:SSD': 'required', os_distro: 'rhel' },
    });
    expect(image).not.toHaveProperty('speed');
    expect((await here('alice').get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    expect(await taskOf(id)).toMatchObject({
      ...{ status: 'success', request_id: answer.headers['x-openstack-request-id'] },
      input: { import_req: { method: asking(source.id).method } },
    });
  });

  it('has the rights of whoever asks, and no others', async () => {
    const { id } = await here('bob').createImage();
    await askFor(id, source.id, {}, here('bob'));
    await here('bob').until(id, ({ status }) => status === 'queued');
    expect(await taskOf(id, here('bob'))).toMatchObject({ status: 'failure', message: 'The server answered 404.' });
  });

  it('never tells a token: not to the log of events, of the service, nor of the tasks', async () => {
    const { id } = await here('alice').createImage();
    await askFor(id, source.id);
    await active(id);
    const told = [
      ...two.processes.map(({ output }) => output),
      ...one.cloud.processes.map(({ output }) => output),
      (await here('alice').get(`/vitrine/v1/images/${id}/history`)).text,
      (await here('alice').get(`/v2/images/${id}/tasks`)).text,
    ];
    expect(told.join()).toContain(id);
    for (const text of told) expect(text).not.toContain(one.alice.token!.slice(0, 40));
  });

  it.each<[string, string, object, RegExp]>([
    ['a region that there is not', none, { glance_region: 'nowhere' }, /no public image endpoint in region nowhere/],
    ['an interface that there is not', none, { glance_service_interface: 'back door' }, /no back door image endpoint/],
    ['an image that is not there', none, {}, /answered 404/],
  ])('from %s fails as a task, and leaves the image as it was', async (_, from, more, reason) => {
    const { id } = await here('alice').createImage({ hw_disk_bus: 'ide' });
    expect(await askFor(id, from, more)).toMatchObject({ status: 202 });
    expect(await failed(id)).toMatchObject({ message: expect.stringMatching(reason) });
    expect(await here('alice').show(id)).toMatchObject({ status: 'queued', hw_disk_bus: 'ide', disk_format: 'raw' });
  });

  it('of an image without data fails', async () => {
    const [{ id }, empty] = [await here('alice').createImage(), await one.alice.createImage()];
    await askFor(id, empty.id);
    expect(await failed(id)).toMatchObject({ message: 'the image there is queued, not active' });
  });

  it.each<[string, object, number, RegExp]>([
    ['no region', { glance_region: undefined }, 400, /needs a glance_region/],
    ['no image', { glance_image_id: undefined }, 400, /needs a glance_image_id/],
    ['an id that is none', { glance_image_id: 'foo' }, 400, /image id does not look like a UUID/],
  ])('with %s is refused at once', async (_, more, status, text) => {
    const { id } = await here('alice').createImage();
    const answer = await askFor(id, none, more);
    expect(answer.status).toBe(status);
    expect(answer.json.message).toMatch(text);
    expect(await here('alice').show(id)).toMatchObject({ status: 'queued' });
  });

  it('into an image that is not queued, or of somebody else, is refused', async () => {
    const full = await here('alice').createActive(Buffer.from('x'));
    expect(await askFor(full.id, source.id)).toMatchObject({ status: 409 });
    expect(await askFor(full.id, source.id, {}, here('bob'))).toMatchObject({ status: 404 });
    expect(await askFor(full.id, source.id, {}, here('rita'))).toMatchObject({ status: 403 });
  });

  it('works within the one region of the built-in identity too', async () => {
    const { id } = await one.alice.createImage();
    expect(await askFor(id, source.id, {}, one.alice)).toMatchObject({ status: 202 });
    const image = await one.alice.until(id, ({ status }) => status !== 'importing');
    expect(image).toMatchObject({ status: 'active', os_hash_value: source.os_hash_value, hw_disk_bus: 'virtio' });
  });

  it('is among the methods that clients are told', async () => {
    const { json } = await here('alice').get('/v2/info/import');
    expect(json).toMatchObject({ 'import-methods': { value: expect.arrayContaining(['glance-download']) } });
  });
});
