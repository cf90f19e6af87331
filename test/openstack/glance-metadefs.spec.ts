import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { CommandLine } from './command-line.js';
import { OpenStackCloud } from './openstack-cloud.js';

let openstack: OpenStackCloud;
let line: CommandLine;
let admin: Client;
beforeAll(async () => {
  openstack = await OpenStackCloud.start('glance-metadefs');
  line = new CommandLine(openstack);
  admin = openstack.as('admin');
});
afterAll(() => openstack.stop());

const root = '/v2/metadefs/namespaces';
const glance = (command: string, ...args: readonly string[]) =>
  line.run(`glance md-${command}`, args, { as: 'admin', input: 'closed' });
const shown = async (path: string) => (await admin.get(`${root}/${path}`)).json;
const property = { title: 'Bus', type: 'string', enum: ['virtio', 'ide'] };

describe('the glance client', () => {
  it('creates a namespace, shows it, lists it, changes it and deletes it', async () => {
    await glance('namespace-create', 'Test::One', '--display-name', 'One', '--visibility', 'public');
    expect(await shown('Test::One')).toMatchObject({ display_name: 'One', visibility: 'public' });
    await glance('namespace-update', 'Test::One', '--description', 'About one', '--protected', 'False');
    const [one, list] = await Promise.all([glance('namespace-show', 'Test::One'), glance('namespace-list')]);
    expect(one.out).toMatch(/\| description +\| About one/);
    expect(one.out).toMatch(/\| display_name +\| One/);
    // More than a page: the client follows the links.
    for (const name of ['Test::One', 'OS::Compute::Watchdog', 'OS::Cinder::Volumetype'])
      expect(list.out).toContain(name);
    await glance('namespace-delete', 'Test::One');
    expect(await admin.get(`${root}/Test::One`)).toMatchObject({ status: 404 });
  });

  it('imports a namespace from a file, and empties it', async () => {
    const file = {
      ...{ namespace: 'Test::File', properties: { bus: property }, tags: [{ name: 'fast' }] },
      objects: [{ name: 'disk', required: ['bus'], properties: { bus: property } }],
      resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_' }],
    };
    writeFileSync(join(line.directory, 'namespace.json'), JSON.stringify(file));
    await glance('namespace-import', '--file', 'namespace.json');
    expect(await shown('Test::File')).toMatchObject({ properties: { bus: property }, objects: [{ name: 'disk' }] });
    const [types, prefixed] = await Promise.all([
      glance('namespace-resource-type-list', 'Test::File'),
      glance('namespace-show', 'Test::File', '--resource-type', 'OS::Glance::Image'),
    ]);
    expect(types.out).toMatch(/\| OS::Glance::Image +\| hw_/);
    expect(prefixed.out).toContain('hw_bus');
    for (const what of ['objects', 'properties', 'tags']) await glance(`namespace-${what}-delete`, 'Test::File');
    const left = await shown('Test::File');
    for (const what of ['objects', 'properties', 'tags']) expect(left).not.toHaveProperty(what);
  });
});

describe('within a namespace, it', () => {
  const ns = 'Test::Within';
  beforeAll(() => admin.post(root, { namespace: ns }));

  it('creates, shows, lists, changes and deletes an object', async () => {
    const schema = JSON.stringify({ description: 'of disks', properties: { bus: property } });
    await glance('object-create', ns, '--name', 'disk', '--schema', schema);
    await glance('object-update', ns, 'disk', '--name', 'drive');
    expect(await shown(`${ns}/objects/drive`)).toMatchObject({
      description: 'of disks',
      properties: { bus: property },
    });
    const [one, list, inside] = await Promise.all([
      glance('object-show', ns, 'drive'),
      glance('object-list', ns),
      glance('object-property-show', ns, 'drive', 'bus'),
    ]);
    expect(one.out).toMatch(/\| name +\| drive/);
    expect(list.out).toContain('drive');
    expect(inside.out).toMatch(/\| title +\| Bus/);
    await glance('object-delete', ns, 'drive');
    expect(await admin.get(`${root}/${ns}/objects/drive`)).toMatchObject({ status: 404 });
  });

  it('creates, shows, lists, changes and deletes a property', async () => {
    const schema = JSON.stringify({ type: 'integer', minimum: 3, default: 5 });
    await glance('property-create', ns, '--name', 'count', '--title', 'Count', '--schema', schema);
    await glance('property-update', ns, 'count', '--title', 'Number');
    expect(await shown(`${ns}/properties/count`)).toEqual({
      ...{ name: 'count', title: 'Number', type: 'integer', minimum: 3, default: '5' },
    });
    const [one, list] = await Promise.all([glance('property-show', ns, 'count'), glance('property-list', ns)]);
    expect(one.out).toMatch(/\| title +\| Number/);
    expect(list.out).toMatch(/\| count +\| Number +\| integer/);
    await glance('property-delete', ns, 'count');
    expect(await shown(`${ns}/properties`)).toEqual({ properties: {} });
  });

  it('creates one tag and several, shows, lists, renames and deletes them', async () => {
    await glance('tag-create-multiple', ns, '--names', 'a,b', '--delim', ',');
    await glance('tag-create', ns, '--name', 'c');
    await glance('tag-update', ns, 'a', '--name', 'z');
    const [one, list] = await Promise.all([glance('tag-show', ns, 'z'), glance('tag-list', ns)]);
    expect(one.out).toMatch(/\| name +\| z/);
    expect([...list.out.matchAll(/^\| ([a-z]) +\|$/gm)].map(([, name]) => name).sort()).toEqual(['b', 'c', 'z']);
    await glance('tag-delete', ns, 'z');
    expect(await admin.get(`${root}/${ns}/tags/z`)).toMatchObject({ status: 404 });
  });

  it('associates a resource type, and dissociates it', async () => {
    await glance('resource-type-associate', ns, '--name', 'OS::Nova::Flavor', '--prefix', 'hw:');
    expect(await shown(`${ns}/resource_types`)).toMatchObject({
      resource_type_associations: [{ name: 'OS::Nova::Flavor', prefix: 'hw:' }],
    });
    expect((await glance('resource-type-list')).out).toContain('OS::Nova::Flavor');
    await glance('resource-type-deassociate', ns, 'OS::Nova::Flavor');
    expect(await shown(`${ns}/resource_types`)).toEqual({ resource_type_associations: [] });
  });
});

it('says what is refused, with exit code 1', async () => {
  const [forbidden, missing, alice] = await Promise.all([
    line.try('glance md-namespace-delete', ['OS::Compute::Watchdog'], { as: 'admin' }),
    line.try('glance md-namespace-show', ['OS::No::Such']),
    line.try('glance md-namespace-create', ['Test::Mine'], { input: 'closed' }),
  ]);
  expect(forbidden).toMatchObject({ code: 1, err: expect.stringMatching(/403.*is protected/) });
  expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('404') });
  expect(alice).toMatchObject({ code: 1, err: expect.stringContaining('403') });
});

it('has no command for metadata definitions that is not run here', async () => {
  const { out } = await line.try('glance', ['help']);
  const commands = [...out.matchAll(/^ {4}(md-[a-z-]+)(\s|$)/gm)].map(([, command]) => `glance ${command!}`);
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter((command) => !line.worked.has(command))).toEqual([]);
});
