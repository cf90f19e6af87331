import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Client, type EventJson } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { clientsOf, settle } from '../services/people.js';

const people = {
  admin: ['admin', 'admin', 'member', 'reader'],
  ada: ['admin', 'reader'],
  alice: ['alpha', 'member', 'reader'],
  bob: ['beta', 'member', 'reader'],
  carol: ['gamma', 'member', 'reader'],
  glance: ['service', 'service'],
} as const;
type Person = keyof typeof people;

let cloud: Cloud;
let as: Record<Person, Client>;
let id: string;
/** Where the image was shared and had its data. */
let shared: number;

beforeAll(async () => {
  cloud = await Cloud.create();
  settle(cloud, people);
  const url = await cloud.run('start').ready();
  as = await clientsOf(cloud, people, url);

  const { admin, alice, bob } = as;
  ({ id } = await alice.createImage({ name: 'first', secret: 'of then' }));
  await alice.patch(id, [{ op: 'replace', path: '/name', value: 'second' }], {
    'x-openstack-request-id': 'req-rename',
  });
  await alice.upload(id, Buffer.from('data'));
  await alice.post(`/v2/images/${id}/members`, { member: 'beta' });
  await alice.post(`/v2/images/${id}/members`, { member: 'gamma' });
  await bob.put(`/v2/images/${id}/members/beta`, { status: 'accepted' });
  shared = (await alice.history(id)).at(-1)!.position;
  await admin.patch(id, [{ op: 'replace', path: '/visibility', value: 'public' }]);
  await alice.createImage({ name: 'other' });
  await searched('ada', 'limit=1');
});
afterAll(() => cloud.remove());

interface Told {
  readonly position: number;
  readonly events: readonly (EventJson & { summary: string; hash: string; image_id: string | null })[];
  readonly next?: string;
}

/** What is found once the search has come as far as the log is now. */
async function searched(who: Person, query: string): Promise<Told> {
  const { position: head } = (await as.admin.get(`/vitrine/v1/images/${id}/history`)).json as unknown as Told;
  const ask = async () => {
    const answer = await as[who].get(`/vitrine/v1/events?${query}`);
    if (answer.status !== 200) throw new Error(`${query} was answered ${answer.status}: ${answer.text}`);
    return answer.json as unknown as Told;
  };
  return eventually(ask, ({ position }) => position >= head, 'the searchable history');
}
const typesOf = ({ events }: Told) => events.map(({ type }) => type.replace('Image', ''));
const image = () => `image=${id}&order=asc`;

describe('a search of events', () => {
  it('answers who made the image public, when, in which request, from what, with the hash', async () => {
    const { events, position } = await searched('ada', `image=${id}&type=ImageVisibilityChanged`);
    expect(events).toEqual([
      expect.objectContaining({
        image_id: id,
        position: shared + 1,
        type: 'ImageVisibilityChanged',
        actor: { user_id: 'admin', project_id: 'admin', roles: ['admin', 'member', 'reader'] },
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        request_id: expect.stringMatching(/^req-/),
        summary: 'visibility: shared → public',
        changes: { visibility: { from: 'shared', to: 'public' } },
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      }),
    ]);
    expect(position).toBeGreaterThan(shared);
  });

  it('finds by request, actor and project', async () => {
    expect(typesOf(await searched('alice', 'request_id=req-rename'))).toEqual(['AttributesChanged']);
    expect(typesOf(await searched('alice', `actor=bob&${image()}`))).toEqual(['MemberAccepted']);
    expect(typesOf(await searched('ada', `project=admin&${image()}`))).toEqual(['VisibilityChanged']);
    expect(typesOf(await searched('ada', 'actor=nobody'))).toEqual([]);
  });

  it('finds what was recorded from a time on and up to another, both included', async () => {
    const { events } = await searched('ada', image());
    const [second, last] = [events[1]!, events.at(-2)!];
    const between = await searched('ada', `${image()}&from=${second.time}&to=${last.time}`);
    const expected = events.filter(({ time }) => time >= second.time && time <= last.time);
    expect(between.events).toEqual(expected);
    expect(typesOf(await searched('ada', `${image()}&from=2099-01-01`))).toEqual([]);
    expect(typesOf(await searched('ada', `${image()}&to=2020-01-01T00:00:00Z`))).toEqual([]);
  });

  it.each(['asc', 'desc'])('is read page by page, %s, each event once', async (order) => {
    const { events } = await searched('alice', `order=${order}`);
    const paged: unknown[] = [];
    for (let next: string | undefined = `/vitrine/v1/events?order=${order}&limit=3`; next;) {
      const page: Told = (await as.alice.get(next)).json as unknown as Told;
      expect(page.events.length).toBeLessThanOrEqual(3);
      paged.push(...page.events);
      next = page.next;
    }
    expect(paged).toEqual(events);
    expect(events.length).toBeGreaterThan(6);
  });

  it('shows a project its own images and invitations, an auditor and an admin everything, a service nothing', async () => {
    const invitations = { bob: ['MemberAdded', 'MemberAccepted'], carol: ['MemberAdded'] };
    expect(typesOf(await searched('bob', 'order=asc'))).toEqual(invitations.bob);
    const carols = await searched('carol', image());
    expect(typesOf(carols)).toEqual(invitations.carol);
    expect(JSON.stringify(carols)).not.toMatch(/beta|bob|of then/);
    const [audited, administered] = [await searched('ada', 'limit=1000'), await searched('admin', 'limit=1000')];
    expect(audited.events).toEqual(administered.events);
    expect(audited.events).toHaveLength(audited.position);
    expect(await as.glance.get('/vitrine/v1/events')).toMatchObject({ status: 403 });
  });

  it.each([
    ...['image=x', 'order=up', 'limit=0', 'cursor=x', 'from=yesterday', 'to=2026-13-01', 'typ=ImageCreated'],
    ...['type=a&type=b', 'cursor=9223372036854775808', 'actor=no%00body'],
  ])('refuses %s with a problem', async (query) => {
    const answer = await as.alice.get(`/vitrine/v1/events?${query}`);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('the history of one image', () => {
  const path = () => `/vitrine/v1/images/${id}/history`;

  it('is read newest first and page by page, and says the position that it is true for', async () => {
    const all = (await as.alice.get(path())).json as unknown as Told;
    expect(all.position).toBeGreaterThanOrEqual(all.events.at(-1)!.position);
    const newest = (await as.alice.get(`${path()}?order=desc&limit=2`)).json as unknown as Told;
    expect(newest.events).toEqual(all.events.toReversed().slice(0, 2));
    const older = (await as.alice.get(newest.next!)).json as unknown as Told;
    expect(older.events).toEqual(all.events.toReversed().slice(2, 4));
  });

  it('is the auditor’s to read, who is shown the image in its past and cannot do more', async () => {
    const secret = await as.alice.createImage({ visibility: 'private' });
    expect(await as.ada.get(`/vitrine/v1/images/${secret.id}/history`)).toMatchObject({ status: 200 });
    expect(await as.ada.get(`/v2/images/${secret.id}`)).toMatchObject({ status: 404 });
    await as.alice.delete(`/v2/images/${secret.id}`);
    expect(await as.ada.history(secret.id)).toHaveLength(2);
  });
});

describe('the past of an image', () => {
  const asOf = (who: Person, at: number | string) =>
    as[who].get(`/vitrine/v1/images/${id}/as-of?${typeof at === 'number' ? 'position' : 'time'}=${at}`);

  it('is what GET answered then, by position and by time, with its ETag', async () => {
    const events = await as.alice.history(id);
    const { body, etag } = { body: await as.alice.get(`/v2/images/${id}`), etag: `"${events.length}"` };
    const now = await asOf('alice', events.at(-1)!.position);
    expect(now.bytes).toEqual(body.bytes);
    expect(now.headers).toMatchObject({ etag, 'vitrine-position': String(events.at(-1)!.position) });
    expect((await asOf('alice', events[0]!.position)).image).toMatchObject({ name: 'first', status: 'queued' });
    expect((await asOf('alice', events[1]!.time)).image).toMatchObject({ name: 'second' });
    expect((await asOf('alice', '2099-01-01')).image).toMatchObject({ visibility: 'public' });
  });

  it('begins with its first event, and ends with the log', async () => {
    const [{ position } = { position: 0 }] = await as.alice.history(id);
    expect(await asOf('alice', position - 1)).toMatchObject({ status: 404 });
    expect(await asOf('alice', '2020-01-01')).toMatchObject({ status: 404 });
    expect(await asOf('alice', 1_000_000)).toMatchObject({ status: 400 });
    expect(await asOf('alice', 'then')).toMatchObject({ status: 400 });
    expect(await as.alice.get(`/vitrine/v1/images/${id}/as-of`)).toMatchObject({ status: 400 });
  });

  it('is hidden from those who could not see it then, and from those who cannot see it now', async () => {
    const [created] = await as.alice.history(id);
    expect(await asOf('bob', created!.position)).toMatchObject({ status: 404 });
    expect(await asOf('bob', shared)).toMatchObject({ status: 200 });
    expect(await asOf('ada', created!.position)).toMatchObject({ status: 200 });
  });

  it('is told as a difference of two moments, to those who read the history', async () => {
    const events = await as.alice.history(id);
    const diff = (who: Person) => as[who].get(`/vitrine/v1/images/${id}/diff?from=${events[0]!.position}&to=${shared}`);
    const { json } = await diff('alice');
    expect(json.changes).toMatchObject({
      name: { from: 'first', to: 'second' },
      size: { from: null, to: 4 },
      'member beta': { from: null, to: 'accepted' },
    });
    expect(json.summary).toContain('status: queued → active');
    expect(json.from).toEqual({ position: events[0]!.position, version: 1 });
    expect(await diff('bob')).toMatchObject({ status: 403 });
    expect(await as.alice.get(`/vitrine/v1/images/${id}/diff?from=1`)).toMatchObject({ status: 400 });
  });
});
