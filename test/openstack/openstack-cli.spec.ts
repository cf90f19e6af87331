import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { CommandLine, type How } from './command-line.js';
import { OpenStackCloud } from './openstack-cloud.js';

let openstack: OpenStackCloud;
let line: CommandLine;
let alice: Client;
beforeAll(async () => {
  openstack = await OpenStackCloud.start('openstack-cli');
  line = new CommandLine(openstack);
  alice = openstack.as('alice');
});
afterAll(() => openstack.stop());

const image = (command: string, args: readonly string[], how?: How) =>
  line.run(`openstack image ${command}`, args, how);
const fails = (command: string, args: readonly string[], how?: How) =>
  line.try(`openstack image ${command}`, args, how);
const created = async (args: readonly string[], how?: How) =>
  (await image('create', [...args, '-f', 'value', '-c', 'id'], how)).out.trim();
const bytesOf = async (id: string) => (await alice.get(`/v2/images/${id}/file`)).bytes;

describe('openstack image create', () => {
  const data = randomBytes(300_000);

  it('makes an active image of a file, with all that was told of it', async () => {
    writeFileSync(join(line.directory, 'disk.raw'), data);
    const id = randomUUID();
    const options = ['--file', 'disk.raw', '--disk-format', 'raw', '--container-format', 'bare', '--private'];
    const more = ['--min-disk', '2', '--min-ram', '64', '--protected', '--tag', 'blue', '--tag', 'green'];
    const made = await created(['--id', id, ...options, ...more, '--property', 'os_distro=debian', 'of a file']);
    expect(made).toBe(id);
    expect(await alice.show(id)).toMatchObject({
      ...{ name: 'of a file', status: 'active', visibility: 'private', protected: true, owner: alice.projectId },
      ...{ disk_format: 'raw', container_format: 'bare', min_disk: 2, min_ram: 64, os_distro: 'debian' },
      ...{ size: data.length, tags: expect.arrayContaining(['blue', 'green']) },
    });
    expect(await bytesOf(id)).toEqual(data);
  });

  it('takes the bytes from its input as well, also none', async () => {
    const [piped, empty] = await Promise.all([created(['piped'], { input: data }), created(['empty'])]);
    expect(await bytesOf(piped)).toEqual(data);
    expect(await alice.show(empty)).toMatchObject({ status: 'active', size: 0 });
  });

  it('stages and imports where that is asked for', async () => {
    const id = await created(['--import', 'imported'], { input: data });
    await alice.until(id, ({ status }) => status === 'active');
    expect(await bytesOf(id)).toEqual(data);
    expect((await alice.history(id)).map(({ type }) => type)).toContain('ImageDataStaged');
  });

  it('makes an image for all or for another project, where an admin asks', async () => {
    const [shown, given] = await Promise.all([
      created(['--public', 'for all'], { as: 'admin', input: data }),
      created(['--project', 'beta', 'for beta'], { as: 'admin', input: data }),
    ]);
    expect(await alice.show(shown)).toMatchObject({ visibility: 'public' });
    const bob = openstack.as('bob');
    expect(await bob.show(given)).toMatchObject({ owner: bob.projectId });
  });

  it('says what is refused, with exit code 1', async () => {
    const refused = await Promise.all([
      fails('create', ['by a reader'], { as: 'rita' }),
      fails('create', ['--public', 'for all'], { input: data }),
    ]);
    for (const { code, err } of refused) {
      expect(code).toBe(1);
      expect(err).toMatch(/403/);
    }
  });
});

describe('openstack image list', () => {
  it('finds images by each of its filters, in the order that is asked for', async () => {
    const [admin, bob] = [openstack.as('admin'), openstack.as('bob')];
    const make = (client: Client, name: string, attributes: object = {}) =>
      client.createActive(Buffer.from(name), { name: `list ${name}`, ...attributes });
    await make(alice, 'private', { visibility: 'private', tags: ['one', 'two'], color: 'red' });
    await make(alice, 'hidden', { os_hidden: true });
    await make(alice, 'community', { visibility: 'community' });
    await make(admin, 'public', { visibility: 'public' });
    await alice.createImage({ name: 'list queued', tags: ['one'] });
    const invited = await make(bob, 'of bob');
    await bob.post(`/v2/images/${invited.id}/members`, { member: alice.projectId });

    const expected: [string, string[]][] = [
      ['--private', ['private']],
      ['--public', ['public']],
      ['--community', ['community']],
      ['--shared --status queued', ['queued']],
      ['--hidden', ['hidden']],
      ['--shared --member-status pending', ['of bob', 'queued']],
      ['--tag one', ['private', 'queued']],
      ['--tag one --tag two', ['private']],
      ['--property color=red', ['private']],
      ['--name list_private', ['private']],
      ['--all --sort name:desc', ['queued', 'public', 'private', 'community']],
      ['--long --project beta --private', []],
    ];
    const names = async (options: string) => {
      const args = options.split(' ').map((word) => word.replace('list_', 'list '));
      const listed = JSON.parse((await image('list', ['-f', 'json', ...args])).out) as { Name: string }[];
      return listed.map(({ Name: name }) => name.replace('list ', '')).filter((name) => name in known);
    };
    const known = Object.fromEntries(expected.flatMap(([, all]) => all.map((name) => [name, true])));
    const found = await Promise.all(expected.map(async ([options]) => [options, await names(options)]));
    expect(found).toEqual(expected);
  });

  it('pages with --limit and --marker, the newest first, each page in the order that is asked for', async () => {
    const ids = [];
    for (const name of ['page 1', 'page 2', 'page 3']) ids.push((await alice.createImage({ name, tags: ['page'] })).id);
    const page = ['-f', 'value', '-c', 'Name', '--tag', 'page', '--sort', 'name:asc'];
    const [first, next] = await Promise.all([
      image('list', [...page, '--limit', '2']),
      image('list', [...page, '--marker', 'page 2']),
    ]);
    expect([first.out, next.out]).toEqual(['page 2\npage 3\n', 'page 1\n']);
  });
});

describe('openstack image set and unset', () => {
  it('change what they are told to, and nothing else', async () => {
    const { id } = await alice.createImage({ name: 'before', tags: ['keep'], keep: 'me' });
    const formats = ['--disk-format', 'qcow2', '--container-format', 'ovf'];
    const system = ['--os-distro', 'debian', '--os-version', '12', '--architecture', 'x86_64'];
    const rest = ['--min-disk', '3', '--min-ram', '5', '--community', '--protected', '--hidden'];
    await image('set', [...formats, ...system, ...rest, '--name', 'after', '--tag', 'new', '--property', 'a=b', id]);
    const after = {
      ...{ name: 'after', disk_format: 'qcow2', container_format: 'ovf', min_disk: 3, min_ram: 5 },
      ...{ os_distro: 'debian', os_version: '12', architecture: 'x86_64', a: 'b', keep: 'me' },
      ...{ visibility: 'community', protected: true, os_hidden: true, status: 'queued' },
    };
    expect(await alice.show(id)).toMatchObject({ ...after, tags: expect.arrayContaining(['keep', 'new']) });

    await image('unset', ['--tag', 'new', '--property', 'a', id]);
    const { a, ...left } = after;
    const shown = await alice.show(id);
    expect(shown).toMatchObject({ ...left, tags: ['keep'] });
    expect(shown).not.toHaveProperty('a');
    expect(a).toBe('b');

    await image('set', ['--unhidden', '--unprotected', '--private', id]);
    expect(await alice.show(id)).toMatchObject({ os_hidden: false, protected: false, visibility: 'private' });
  });

  it('give an image to another project, where an admin asks', async () => {
    const { id } = await alice.createImage();
    await image('set', ['--project', 'beta', id], { as: 'admin' });
    expect(await openstack.as('bob').show(id)).toMatchObject({ owner: openstack.person('bob').projectId });
    expect(await fails('set', ['--project', 'alpha', id], { as: 'bob' })).toMatchObject({ code: 1 });
  });

  it('deactivate and activate', async () => {
    const { id } = await alice.createActive(Buffer.from('on and off'));
    await image('set', ['--deactivate', id]);
    expect(await alice.show(id)).toMatchObject({ status: 'deactivated' });
    expect(await fails('save', ['--file', 'off.raw', id])).toMatchObject({ code: 1 });
    await image('set', ['--activate', id]);
    expect(await alice.show(id)).toMatchObject({ status: 'active' });
  });
});

describe('openstack image show, save and delete', () => {
  it('find an image by its name as by its id, and no image by a name that two have', async () => {
    const { id } = await alice.createActive(Buffer.from('the bytes'), { name: 'one of a kind' });
    for (const name of ['twins', 'twins']) await alice.createImage({ name });
    const [byName, byId, twins, none] = await Promise.all([
      image('show', ['-f', 'json', 'one of a kind']),
      image('show', ['-f', 'json', id]),
      fails('show', ['twins']),
      fails('show', ['nowhere']),
    ]);
    expect(byName.out).toBe(byId.out);
    expect(JSON.parse(byId.out)).toMatchObject({ id, status: 'active', size: 9 });
    expect(twins).toMatchObject({ code: 1, err: expect.stringMatching(/More than one/) });
    expect(none).toMatchObject({ code: 1, err: expect.stringMatching(/No Image found for nowhere/) });
  });

  it('hand out the same bytes in a file and on the output', async () => {
    const data = randomBytes(3_000_000);
    const { id } = await alice.createActive(data);
    const [piped] = await Promise.all([image('save', [id]), image('save', ['--file', 'saved.raw', id])]);
    expect(piped.bytes.equals(data)).toBe(true);
    expect(readFileSync(join(line.directory, 'saved.raw')).equals(data)).toBe(true);
  });

  it('delete several at once, tell which could not be, and leave the others', async () => {
    const [one, two] = [await alice.createImage(), await alice.createImage({ name: 'second' })];
    const kept = await alice.createImage({ protected: true });
    const result = await fails('delete', [one.id, kept.id, 'second', 'nowhere']);
    expect(result).toMatchObject({ code: 1, err: expect.stringMatching(/Failed to delete 2 of 4 images/) });
    const statuses = await Promise.all([one, two, kept].map(({ id }) => alice.get(`/v2/images/${id}`)));
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 200]);
    const { id } = await alice.createImage();
    await image('delete', [id]);
    expect(await alice.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
  });
});

describe('openstack image add project', () => {
  it('shares an image, which the other project accepts, rejects and ponders, until it is taken away', async () => {
    const { id } = await alice.createActive(Buffer.from('for beta'));
    const bob = openstack.as('bob');
    const status = async () => (await alice.get(`/v2/images/${id}/members/${bob.projectId}`)).json.status;
    // By its id: alice may not look projects up by their names.
    await image('add project', [id, bob.projectId]);
    const members = JSON.parse((await image('member list', ['-f', 'json', id])).out) as object[];
    expect(members).toEqual([{ 'Image ID': id, 'Member ID': bob.projectId, Status: 'pending' }]);
    for (const [option, now] of [
      ['--accept', 'accepted'],
      ['--reject', 'rejected'],
      ['--pending', 'pending'],
    ] as const) {
      await image('set', [option, id], { as: 'bob' });
      expect(await status()).toBe(now);
    }
    await image('set', ['--accept', id], { as: 'bob' });
    const listed = await image('list', ['--shared', '-f', 'value', '-c', 'ID'], { as: 'bob' });
    expect(listed.out.split('\n')).toContain(id);
    await image('remove project', [id, bob.projectId]);
    expect(await bob.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
  });
});

describe('the image commands of openstack', () => {
  it('have all been run here', async () => {
    const { out } = await line.try('openstack image', ['--help']);
    const commands = [...out.matchAll(/^ {2}(image .*)$/gm)].map(([, command]) => `openstack ${command!}`);
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((command) => !line.worked.has(command))).toEqual([]);
  });
});
