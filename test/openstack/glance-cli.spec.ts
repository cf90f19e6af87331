import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Client } from '../services/client.js';
import { startWebServer, type WebServer } from '../services/web-server.js';
import { CommandLine, type How } from './command-line.js';
import { isKnownGap } from './known-gaps.js';
import { OpenStackCloud } from './openstack-cloud.js';

const data = randomBytes(200_000);
const raw = ['--disk-format', 'raw', '--container-format', 'bare'];
let web: WebServer;
let openstack: OpenStackCloud;
let line: CommandLine;
let alice: Client;
beforeAll(async () => {
  web = await startWebServer((_, answer) => answer.setHeader('content-length', data.length).end(data));
  openstack = await OpenStackCloud.start('glance-cli', {
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_SHOW_MULTIPLE_LOCATIONS: 'true',
    VITRINE_PROJECT_QUOTA_IMAGES: '500',
  });
  line = new CommandLine(openstack);
  alice = openstack.as('alice');
  writeFileSync(join(line.directory, 'disk.raw'), data);
});
afterAll(async () => {
  await openstack.stop();
  await web.stop();
});

const glance = (command: string, args: readonly string[] = [], how?: How) =>
  line.run(`glance ${command}`, args, { input: 'closed', ...how });
const idIn = ({ out }: { readonly out: string }) => /^\| id +\| (\S+) +\|$/m.exec(out)![1]!;
const bytesOf = async (id: string) => (await alice.get(`/v2/images/${id}/file`)).bytes;

describe('the glance client', () => {
  it('creates an image with data, changes it, lists it, downloads it and deletes it', async () => {
    const more = ['--property', 'color=red', '--min-ram', '16', '--tags', 'one', 'two', '--name', 'whole'];
    const id = idIn(await glance('image-create', [...raw, '--file', 'disk.raw', '--visibility', 'private', ...more]));
    expect(await alice.show(id)).toMatchObject({
      ...{ status: 'active', size: data.length, visibility: 'private', color: 'red', min_ram: 16, name: 'whole' },
      tags: expect.arrayContaining(['one', 'two']),
    });
    await glance('image-update', [id, '--name', 'new', '--property', 'a=b', '--remove-property', 'color']);
    const shown = await alice.show(id);
    expect(shown).toMatchObject({ name: 'new', a: 'b', status: 'active' });
    expect(shown).not.toHaveProperty('color');
    const [listed, byId] = await Promise.all([
      glance('image-list', ['--property-filter', 'a=b']),
      glance('image-show', [id]),
      glance('image-download', [id, '--file', 'down.raw']),
    ]);
    expect(listed.out).toContain(id);
    expect(byId.out).toMatch(/\| status +\| active/);
    expect(readFileSync(join(line.directory, 'down.raw')).equals(data)).toBe(true);
    await glance('image-delete', [id]);
    expect(await alice.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
  });

  it('uploads into an image that is there', async () => {
    const { id } = await alice.createImage();
    await glance('image-upload', [id, '--file', 'disk.raw']);
    expect(await bytesOf(id)).toEqual(data);
  });

  it('stages data, imports it, and shows the task', async () => {
    const { id } = await alice.createImage();
    await glance('image-stage', [id, '--file', 'disk.raw']);
    expect(await alice.show(id)).toMatchObject({ status: 'uploading' });
    await glance('image-import', [id, '--import-method', 'glance-direct']);
    await alice.until(id, ({ status }) => status === 'active');
    expect(await bytesOf(id)).toEqual(data);
    expect((await glance('image-tasks', [id])).out).toMatch(/\| success \|/);
  });

  it('creates by import, from a file and from the web', async () => {
    const [staged, downloaded] = await Promise.all([
      glance('image-create-via-import', [...raw, '--import-method', 'glance-direct', '--file', 'disk.raw']),
      glance('image-create-via-import', [...raw, '--import-method', 'web-download', '--uri', `${web.url}/disk.raw`]),
    ]);
    for (const id of [staged, downloaded].map(idIn)) {
      await alice.until(id, ({ status }) => status === 'active');
      expect(await bytesOf(id)).toEqual(data);
    }
  });

  it('creates a task that makes an image, lists it and shows it', async () => {
    const image_properties = { name: 'by task', disk_format: 'raw', container_format: 'bare' };
    const input = { import_from: `${web.url}/disk.raw`, import_from_format: 'raw', image_properties };
    const asked = ['--type', 'import', '--input', JSON.stringify(input)];
    const id = idIn(await glance('task-create', asked, { as: 'admin' }));
    const task = async () => (await openstack.as('admin').get(`/v2/tasks/${id}`)).json;
    const { image_id: image } = await eventually(task, ({ status }) => status === 'success', `task ${id}`);
    const [list, one] = await Promise.all([
      glance('task-list', ['--status', 'success'], { as: 'admin' }),
      glance('task-show', [id], { as: 'admin' }),
    ]);
    expect(list.out).toMatch(new RegExp(`${id} \\| import +\\| success`));
    expect(one.out).toMatch(/\| status +\| success/);
    expect((await openstack.as('admin').get(`/v2/images/${String(image)}/file`)).bytes).toEqual(data);
  });

  it('tags, and deactivates and reactivates', async () => {
    const { id } = await alice.createActive(data);
    await Promise.all([glance('image-tag-update', [id, 'blue']), glance('image-deactivate', [id])]);
    expect(await alice.show(id)).toMatchObject({ status: 'deactivated', tags: ['blue'] });
    await Promise.all([glance('image-tag-delete', [id, 'blue']), glance('image-reactivate', [id])]);
    expect(await alice.show(id)).toMatchObject({ status: 'active', tags: [] });
  });

  it('shares an image, and answers for the member', async () => {
    const { id } = await alice.createActive(data);
    const { projectId } = openstack.as('bob');
    await glance('member-create', [id, projectId]);
    await glance('member-update', [id, projectId, 'accepted'], { as: 'bob' });
    const [list, one] = await Promise.all([
      glance('member-list', ['--image-id', id]),
      glance('member-get', [id, projectId]),
    ]);
    expect(list.out).toMatch(new RegExp(`${projectId} \\| accepted`));
    expect(one.out).toMatch(/\| status +\| accepted/);
    await glance('member-delete', [id, projectId]);
    expect((await alice.get(`/v2/images/${id}/members`)).json.members).toEqual([]);
  });

  it('copies an image into another store, and takes it out of the first', async () => {
    const { id } = await alice.createActive(data);
    await glance('image-import', [id, '--import-method', 'copy-image', '--stores', 'two'], { as: 'admin' });
    await alice.until(id, ({ stores }) => stores === 'one,two');
    await glance('stores-delete', ['--store', 'one', id], { as: 'admin' });
    expect(await alice.show(id)).toMatchObject({ status: 'active', stores: 'two' });
    expect(await bytesOf(id)).toEqual(data);
  });

  it('registers an image where it lies, says more of the place, and takes it out again', async () => {
    const { id } = await alice.createImage();
    const urls = [`${web.url}/first`, `${web.url}/second`];
    await glance('location-add', [id, '--url', urls[0]!]);
    await glance('location-add', [id, '--url', urls[1]!, '--metadata', '{"speed": "slow"}']);
    await glance('location-update', [id, '--url', urls[0]!, '--metadata', '{"speed": "fast"}']);
    expect(await alice.show(id)).toMatchObject({
      status: 'active',
      locations: [
        { url: urls[0], metadata: { store: 'web', speed: 'fast' } },
        { url: urls[1], metadata: { store: 'web', speed: 'slow' } },
      ],
    });
    await glance('location-delete', [id, '--url', urls[0]!], { as: 'admin' });
    expect(await alice.show(id)).toMatchObject({ locations: [{ url: urls[1] }] });
    expect(await bytesOf(id)).toEqual(data);
  });

  it('tells of the service, of the schema and of what the project uses', async () => {
    const [methods, stores, details, schema, usage] = await Promise.all([
      glance('import-info'),
      glance('stores-info'),
      glance('stores-info', ['--detail'], { as: 'admin' }),
      glance('explain', ['image']),
      glance('usage'),
    ]);
    expect(methods.out).toContain('web-download');
    expect(stores.out).toMatch(/"id": "two"/);
    expect(details.out).toMatch(/"type": "file"/);
    expect(schema.out).toMatch(/\| disk_format +\|/);
    expect(usage.out).toMatch(/\| image_count_total +\| 500 +\| \d+ +\|/);
  });

  it('says what is refused, with exit code 1', async () => {
    const { id } = await alice.createActive(data, { protected: true });
    const [forbidden, missing, rita] = await Promise.all([
      line.try('glance image-delete', [id]),
      line.try('glance image-show', ['00000000-0000-4000-8000-000000000000']),
      line.try('glance image-create', [...raw, '--name', 'by a reader'], { as: 'rita', input: 'closed' }),
    ]);
    expect(forbidden).toMatchObject({ code: 1, err: expect.stringContaining('not permitted to delete') });
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('404') });
    expect(rita).toMatchObject({ code: 1, err: expect.stringContaining('403') });
  });

  it('has no command that is neither run here nor a known gap', async () => {
    const { out } = await line.try('glance', ['help']);
    // Those of metadata definitions have a spec of their own.
    const commands = [...out.matchAll(/^ {4}(?!md-)([a-z-]+)(\s|$)/gm)].map(([, command]) => command!);
    expect(commands.length).toBeGreaterThan(20);
    const neither = commands.filter((command) => !line.worked.has(`glance ${command}`) && !isKnownGap(command));
    // Those two are about the client itself.
    expect(neither).toEqual(['bash-completion', 'help']);
  });
});
