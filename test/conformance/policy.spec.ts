import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Client, ImageJson } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { clientsOf, settle } from '../services/people.js';
import { startWebServer, type WebServer } from '../services/web-server.js';
import {
  imageRows,
  people,
  persons,
  serviceRows,
  visibilities,
  type Cell,
  type ImageVisibility,
  type Person,
} from './policy.spec-kit.js';

let cloud: Cloud;
let web: WebServer;
let clients: Record<Person, Client>;
beforeAll(async () => {
  web = await startWebServer((_, answer) => answer.setHeader('content-length', 4).end('data'));
  cloud = await Cloud.create({
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_SHOW_MULTIPLE_LOCATIONS: 'true',
  });
  settle(cloud, people);
  const stores = ['local', 'attic'].map((name) => `${name}=file:${join(cloud.directory, name)}`);
  const url = await cloud.run('start', { VITRINE_STORES: [...stores, 'web=http:'].join(',') }).ready();
  clients = await clientsOf(cloud, people, url);
  await clients.admin.post('/v2/metadefs/namespaces', { namespace: 'alphas', owner: clients.owner.projectId });
});
afterAll(async () => {
  await cloud.remove();
  await web.stop();
});

type State = 'queued' | 'staged' | 'active' | 'deactivated' | 'in two places';

/** alpha's image, with a tag and gamma as an accepted member. */
async function imageOf(state: State, visibility: ImageVisibility): Promise<string> {
  const { admin, invited, owner } = clients;
  const { id } = await owner.createImage({ tags: ['old'] });
  await owner.post(`/v2/images/${id}/members`, { member: invited.projectId });
  await invited.put(`/v2/images/${id}/members/${invited.projectId}`, { status: 'accepted' });
  await into[state](owner, id);
  if (visibility !== 'shared') await admin.patch(id, [{ op: 'replace', path: '/visibility', value: visibility }]);
  const image = await admin.show(id);
  if (image.visibility !== visibility) throw new Error(`an image is ${String(image.visibility)}, not ${visibility}`);
  return id;
}

const data = Buffer.from('data');
const into: Readonly<Record<State, (owner: Client, id: string) => Promise<unknown>>> = {
  queued: () => Promise.resolve(),
  staged: (owner, id) => owner.put(`/v2/images/${id}/stage`, data),
  active: (owner, id) => owner.upload(id, data),
  deactivated: async (owner, id) => {
    await owner.upload(id, data);
    await owner.post(`/v2/images/${id}/actions/deactivate`);
  },
  'in two places': (owner, id) =>
    owner.patch(id, [{ op: 'replace', path: '/locations', value: [place('a'), place('b')] }]),
};
const place = (name: string) => ({ url: `${web.url}/${name}`, metadata: {} });

type Operation = (who: Client, id: string) => Promise<Answer>;
const patch =
  (op: string, path: string, value?: unknown): Operation =>
  (who, id) =>
    who.patch(id, [{ op, path, value }]);
const call =
  (method: string, path: string, body?: object): Operation =>
  (who, id) =>
    who.send(method, path.replace('ID', id), body);
const member = '/v2/images/ID/members/gamma';

/** Where in the log the image had data and had not changed its visibility. */
async function sharedAt(id: string): Promise<number> {
  return (await clients.admin.history(id)).find(({ type }) => type === 'ImageActivated')!.position;
}

/** What each operation needs, and does. */
const operations: Readonly<Record<string, readonly [State, Operation]>> = {
  show: ['active', call('GET', '/v2/images/ID')],
  list: ['active', call('GET', '/v2/images?id=ID')],
  'list community too': ['active', call('GET', '/v2/images?id=ID&visibility=all')],
  tasks: ['active', call('GET', '/v2/images/ID/tasks')],
  history: ['active', call('GET', '/vitrine/v1/images/ID/history')],
  // As it was while it was shared, which is before it became what it is.
  'as-of': ['active', async (who, id) => who.get(`/vitrine/v1/images/${id}/as-of?position=${await sharedAt(id)}`)],
  diff: ['active', call('GET', '/vitrine/v1/images/ID/diff?from=0&to=1')],
  download: ['active', call('GET', '/v2/images/ID/file')],
  'download deactivated': ['deactivated', call('GET', '/v2/images/ID/file')],
  update: ['active', patch('replace', '/name', 'new')],
  upload: ['queued', call('PUT', '/v2/images/ID/file', data)],
  stage: ['queued', call('PUT', '/v2/images/ID/stage', data)],
  import: ['staged', call('POST', '/v2/images/ID/import', { method: { name: 'glance-direct' } })],
  'copy-image': ['active', call('POST', '/v2/images/ID/import', { method: { name: 'copy-image' }, stores: ['attic'] })],
  delete: ['active', call('DELETE', '/v2/images/ID')],
  'add tag': ['active', call('PUT', '/v2/images/ID/tags/new')],
  'remove tag': ['active', call('DELETE', '/v2/images/ID/tags/old')],
  deactivate: ['active', call('POST', '/v2/images/ID/actions/deactivate')],
  reactivate: ['deactivated', call('POST', '/v2/images/ID/actions/reactivate')],
  communitize: ['active', patch('replace', '/visibility', 'community')],
  publicize: ['active', patch('replace', '/visibility', 'public')],
  'give away': ['active', patch('replace', '/owner', 'beta')],
  'set location': ['queued', (who, id) => who.patch(id, [{ op: 'add', path: '/locations/-', value: place('c') }])],
  'delete location': ['in two places', patch('remove', '/locations/0')],
  'delete from store': ['in two places', call('DELETE', '/v2/stores/web/ID')],
  'POST location': ['queued', (who, id) => who.post(`/v2/images/${id}/locations`, { url: place('d').url })],
  'GET locations': ['active', call('GET', '/v2/images/ID/locations')],
  'list members': ['active', call('GET', '/v2/images/ID/members')],
  'show member': ['active', call('GET', member)],
  'add member': ['active', call('POST', '/v2/images/ID/members', { member: 'delta' })],
  'remove member': ['active', call('DELETE', member)],
  'set member status': ['active', call('PUT', member, { status: 'rejected' })],
};

const changesNothing = new Set([
  'show',
  'list',
  'list community too',
  'tasks',
  'history',
  'as-of',
  'diff',
  'download',
  'GET locations',
]);

/** What is refused changes nothing, nor does what only reads: one image of a kind is enough for all of that. */
const untouched = new Map<string, Promise<string>>();
function imageFor(operation: string, visibility: ImageVisibility, expected: string): Promise<string> {
  const [state] = operations[operation]!;
  if (expected.startsWith('2') && !changesNothing.has(operation)) return imageOf(state, visibility);
  const key = `${state} ${visibility}`;
  if (!untouched.has(key)) untouched.set(key, imageOf(state, visibility));
  return untouched.get(key)!;
}

async function answerTo(operation: string, person: Person, visibility: ImageVisibility, expected: string) {
  const id = await imageFor(operation, visibility, expected);
  const answer = await operations[operation]![1](clients[person], id);
  if (answer.status !== 200 || !isListOfImages(operation)) return String(answer.status);
  return answer.images.length > 0 ? 'in' : 'out';
}
const isListOfImages = (operation: string) => operation === 'list' || operation === 'list community too';

describe('of an image of alpha', () => {
  it.each(imageRows)('$operation is for those that the table says', async ({ operation, expected }) => {
    const observed = await Promise.all(
      persons.map(async (person): Promise<[Person, Cell]> => {
        const cells = visibilities.map(async (visibility) => {
          return [visibility, await answerTo(operation, person, visibility, expected[person][visibility])] as const;
        });
        return [person, Object.fromEntries(await Promise.all(cells)) as Cell];
      }),
    );
    expect(Object.fromEntries(observed)).toEqual(expected);
  });

  it('GET locations is for a service also when it passes the request of a user on', async () => {
    const id = await imageOf('active', 'private');
    const passedOn = { 'x-service-token': clients.service.token! };
    for (const person of ['owner', 'reader', 'other'] as const) {
      expect(await clients[person].get(`/v2/images/${id}/locations`, passedOn)).toMatchObject({ status: 200 });
      expect(await clients[person].get(`/v2/images/${id}/locations`)).not.toMatchObject({ status: 200 });
    }
    expect(await clients.other.get(`/v2/images/${id}`, passedOn)).toMatchObject({ status: 404 });
  });

  it('there is a row for every operation, and nothing that was refused has changed the image', async () => {
    expect(Object.keys(operations)).toEqual(imageRows.map(({ operation }) => operation));
    for (const [key, id] of untouched) {
      const image = await clients.admin.show(await id);
      expect([key, image]).toMatchObject([key, { owner: 'alpha', name: null, tags: ['old'] }]);
      expect(key).toBe(`${kindOf(image)} ${String(image.visibility)}`);
    }
  });
});

function kindOf({ status, locations }: ImageJson): string {
  if (status === 'uploading') return 'staged';
  return (locations as unknown[]).length > 1 ? 'in two places' : status;
}

const namespace = (name: string) => `/v2/metadefs/namespaces/${name}`;
const seeded = 'OS::Compute::Watchdog';

const serviceCalls: Readonly<Record<string, readonly [method: string, path: string, body?: () => object]>> = {
  'create image': ['POST', '/v2/images', () => ({})],
  'create public image': ['POST', '/v2/images', () => ({ visibility: 'public' })],
  'create for others': ['POST', '/v2/images', () => ({ owner: 'elsewhere' })],
  'info/import': ['GET', '/v2/info/import'],
  'info/stores': ['GET', '/v2/info/stores'],
  'info/stores/detail': ['GET', '/v2/info/stores/detail'],
  'info/usage': ['GET', '/v2/info/usage'],
  schemas: ['GET', '/v2/schemas/image'],
  'resource types': ['GET', '/v2/metadefs/resource_types'],
  namespaces: ['GET', '/v2/metadefs/namespaces'],
  'public namespace': ['GET', namespace(seeded)],
  'namespace of alpha': ['GET', namespace('alphas')],
  'create namespace': ['POST', '/v2/metadefs/namespaces', () => ({ namespace: randomUUID() })],
  'change public namespace': ['PUT', namespace(seeded), () => ({ namespace: seeded, visibility: 'public' })],
  'add to namespace of alpha': ['POST', `${namespace('alphas')}/objects`, () => ({ name: randomUUID() })],
};

describe('of the service', () => {
  it.each(serviceRows)('$operation is for those that the table says', async ({ operation, expected }) => {
    const [method, path, body] = serviceCalls[operation]!;
    const answers = persons.map(async (person) => {
      return [person, (await clients[person].send(method, path, body?.())).status] as const;
    });
    expect(Object.fromEntries(await Promise.all(answers))).toEqual(expected);
  });
});
