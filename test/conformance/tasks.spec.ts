import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../services/client.js';
import { startCloud, type User } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const bytes = randomBytes(300_000);
const some = '00000000-0000-4000-8000-000000000000';
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
beforeAll(async () => {
  web = await startWebServer(({ url }, answer) => {
    if (url === '/disk') answer.end(bytes);
    else if (url === '/missing') answer.writeHead(404).end();
  });
  world = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: `${web.port},80` });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
});

interface TaskJson {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly owner: string;
  readonly image_id: string;
  readonly message: string;
}

const file = { import_from: 'file:///etc/passwd', import_from_format: 'raw', image_properties: {} };
const input = (path: string, properties: object = {}) => ({
  import_from: path.startsWith('http') ? path : `${web.url}${path}`,
  import_from_format: 'raw',
  image_properties: { name: 'by task', container_format: 'bare', disk_format: 'raw', ...properties },
});
const create = (asked: object, as: User = 'admin') => world[as].post('/v2/tasks', { type: 'import', input: asked });
const show = async (id: string) => (await world.admin.get(`/v2/tasks/${id}`)).json as unknown as TaskJson;
const ended = (id: string) =>
  eventually(
    () => show(id),
    ({ status }) => status === 'success' || status === 'failure',
    `task ${id}`,
  );
const listed = async (query: string) => (await world.admin.get(`/v2/tasks?${query}`)).json.tasks as TaskJson[];

describe('a task of type import', () => {
  it('makes an image, fills it from the web, and says so', async () => {
    const { admin } = world;
    const asked = input('/disk', { visibility: 'public', os_distro: 'debian', tags: ['a'] });
    const answer = await create(asked);
    const task = answer.json as unknown as TaskJson;
    expect(answer).toMatchObject({ status: 201, headers: { location: `${world.url}/v2/tasks/${task.id}` } });
    expect(task).toEqual({
      ...{ id: task.id, type: 'import', status: 'pending', owner: admin.projectId, user_id: admin.userId },
      ...{ image_id: task.image_id, request_id: answer.headers['x-openstack-request-id'], message: '', result: null },
      ...{ created_at: expect.stringMatching(time), updated_at: expect.stringMatching(time), input: asked },
      ...{ self: `/v2/tasks/${task.id}`, schema: '/v2/schemas/task' },
    });
    expect(await ended(task.id)).toMatchObject({
      ...{ status: 'success', result: { image_id: task.image_id }, input: asked },
      expires_at: expect.stringMatching(time),
    });
    expect(await admin.show(task.image_id)).toMatchObject({
      ...{ status: 'active', name: 'by task', visibility: 'public', os_distro: 'debian', size: bytes.length },
    });
    expect((await world.bob.get(`/v2/images/${task.image_id}/file`)).bytes.equals(bytes)).toBe(true);
    expect(await admin.delete(`/v2/images/${task.image_id}`)).toMatchObject({ status: 204 });
    expect(await show(task.id)).toMatchObject({ status: 'success', image_id: task.image_id });
  });

  it.each([
    ['a page that is not there', '/missing', /answered 404/],
    ['a name that does not resolve', 'http://nowhere.invalid/disk', /nowhere\.invalid does not resolve/],
  ])('of %s fails, and tells why', async (_, path, reason) => {
    const { id } = (await create(input(path))).json as unknown as TaskJson;
    const task = await ended(id);
    expect(task).toMatchObject({ status: 'failure', message: expect.stringMatching(reason), result: null });
    expect(await world.admin.show(task.image_id)).toMatchObject({ status: 'queued' });
  });

  it.each<[string, object | string, number, RegExp]>([
    ['nothing', {}, 400, /type: .*; input: /],
    ['another type', { type: 'api_image_import', input: input('http://h/') }, 400, /only tasks of type import/],
    ['no source', { type: 'import', input: { ...file, import_from: undefined } }, 400, /input\.import_from/],
    [
      'no properties',
      { type: 'import', input: { import_from: 'http://h/', import_from_format: 'raw' } },
      400,
      /image_p/,
    ],
    ['something unknown', { type: 'import', input: file, color: 'red' }, 400, /color/],
    ['a file', { type: 'import', input: file }, 400, /Scheme file: /],
    ['a short address', { type: 'import', input: { ...file, import_from: 'http://127.1/' } }, 400, /in full/],
    ['an unknown format', { type: 'import', input: input('http://h/', { disk_format: 'floppy' }) }, 400, /disk_format/],
    ['a reserved property', { type: 'import', input: input('http://h/', { os_glance_x: 'y' }) }, 403, /reserved/],
    ['malformed JSON', '{', 400, /JSON/],
  ])('that asks for %s is refused at once, and makes no image', async (_, body, status, text) => {
    const images = async () => (await world.admin.get('/v2/images?limit=1000')).images.length;
    const before = await images();
    const answer = await world.admin.post('/v2/tasks', body);
    expect(answer.status).toBe(status);
    expect(answer.json.message).toMatch(text);
    expect(await images()).toBe(before);
  });
});

describe('the list of tasks', () => {
  let mine: TaskJson;
  beforeAll(async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: `${web.url}/disk` } });
    await alice.until(id, ({ status }) => status === 'active');
    mine = (await listed(`image_id=${id}`))[0]!;
  });

  it('has those of every project, without what each was asked', async () => {
    expect(mine).toEqual({
      ...{ id: mine.id, type: 'api_image_import', status: 'success', owner: world.alice.projectId },
      ...{ created_at: expect.stringMatching(time), updated_at: expect.stringMatching(time) },
      ...{ expires_at: expect.stringMatching(time), self: `/v2/tasks/${mine.id}`, schema: '/v2/schemas/task' },
    });
    expect(await listed(`type=api_image_import&owner=${world.alice.projectId}`)).toContainEqual(mine);
    expect(await listed('type=import')).not.toContainEqual(mine);
    expect(await listed('status=failure')).not.toContainEqual(mine);
    expect(await listed('color=red')).toContainEqual(mine);
  });

  it('comes page by page, each with a link to the next', async () => {
    const { admin } = world;
    const all = (await listed('limit=1000')).map(({ id }) => id);
    expect(all.length).toBeGreaterThan(3);
    const paged: string[] = [];
    let link: string | undefined = '/v2/tasks?limit=2&sort_key=status&sort_dir=asc';
    while (link) {
      const { json } = await admin.get(link);
      expect(json).toMatchObject({
        first: '/v2/tasks?limit=2&sort_key=status&sort_dir=asc',
        schema: '/v2/schemas/tasks',
      });
      paged.push(...(json.tasks as TaskJson[]).map(({ id }) => id));
      link = json.next as string | undefined;
    }
    expect([...paged].sort()).toEqual([...all].sort());
    expect((await admin.get('/v2/tasks?limit=0')).json).toEqual({
      ...{ tasks: [], first: '/v2/tasks?limit=0', schema: '/v2/schemas/tasks' },
    });
  });

  it.each([
    ...['type=teleport', 'status=done', 'sort_key=color', 'sort_dir=up', 'limit=-1', 'limit=x'],
    ...['marker=x', `marker=${some}`],
  ])('with %s is refused', async (query) => {
    expect(await world.admin.get(`/v2/tasks?${query}`)).toMatchObject({ status: 400 });
  });
});

describe('tasks', () => {
  it.each([
    ['GET', '/v2/tasks'],
    ['GET', `/v2/tasks/${some}`],
    ['POST', '/v2/tasks'],
  ] as const)('%s %s is for admins', async (method, path) => {
    for (const user of ['alice', 'rita', 'glance'] as const) {
      const answer = await world[user].send(method, path, method === 'POST' ? {} : undefined);
      expect(answer).toMatchObject({ status: 403 });
      expect(answer.json.message).toMatch(/not authorized to use the tasks of images/);
    }
  });

  it('that there are not are 404, and none can be deleted', async () => {
    for (const id of [some, 'x', '%00']) {
      expect(await world.admin.get(`/v2/tasks/${id}`)).toMatchObject({ status: 404 });
    }
    const answer = await world.admin.delete(`/v2/tasks/${some}`);
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  });

  it('of an image are all shown to its project, to others their own', async () => {
    const { admin, alice, bob, rita } = world;
    const { id } = await alice.createImage({ visibility: 'community' });
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: `${web.url}/disk` } });
    await alice.until(id, ({ status }) => status === 'active');
    const count = async (who: typeof bob) => ((await who.get(`/v2/images/${id}/tasks`)).json.tasks as object[]).length;
    expect([await count(alice), await count(rita), await count(admin), await count(bob)]).toEqual([1, 1, 1, 0]);
  });

  it('have schemas that tell the words of types and statuses', async () => {
    const { name, properties } = (await world.alice.get('/v2/schemas/task')).json as {
      name: string;
      properties: Record<string, { enum?: string[] }>;
    };
    expect(name).toBe('task');
    expect(properties.type!.enum).toEqual(['import', 'api_image_import', 'location_import']);
    expect(properties.status!.enum).toEqual(['pending', 'processing', 'success', 'failure']);
    const page = (await world.alice.get('/v2/schemas/tasks')).json as {
      properties: { tasks: { items: { properties: object } } };
    };
    expect(Object.keys(page.properties.tasks.items.properties)).not.toContain('input');
  });
});
