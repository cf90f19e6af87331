import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { isSignedBy, WebhookReceiver } from '../services/webhook-receiver.js';

const path = '/vitrine/v1/webhooks';
interface WebhookJson extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly secret?: string;
  readonly position: number;
  readonly behind: number;
  readonly failing: { readonly attempts: number; readonly reason: string } | null;
  readonly dead: number;
}

let receiver: WebhookReceiver;
let other: WebhookReceiver;
let cloud: Awaited<ReturnType<typeof startCloud>>;
let admin: Client;
const made: string[] = [];
beforeAll(async () => {
  [receiver, other] = [await WebhookReceiver.start(), await WebhookReceiver.start()];
  cloud = await startCloud({
    VITRINE_WEBHOOK_ALLOW_PRIVATE: 'true',
    VITRINE_WEBHOOK_ALLOWED_PORTS: `${receiver.port},${other.port}`,
    VITRINE_WEBHOOK_ATTEMPTS: '3',
    VITRINE_WEBHOOK_RETRY_SECONDS: '1',
    VITRINE_WEBHOOK_TIMEOUT_SECONDS: '2',
  });
  ({ admin } = cloud);
});
afterEach(async () => {
  for (const id of made.splice(0)) await admin.delete(`${path}/${id}`);
  receiver.reset();
  other.reset();
});
afterAll(async () => {
  await receiver.stop();
  await other.stop();
  await cloud.cloud.remove();
});

async function make(more: object = {}): Promise<WebhookJson> {
  const answer = await admin.post(path, { url: receiver.url, event_types: ['ImageCreated'], ...more });
  if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.text}`);
  made.push(String(answer.json.id));
  return answer.json as unknown as WebhookJson;
}
const show = async (id: string) => (await admin.get(`${path}/${id}`)).json as unknown as WebhookJson;
const untilShown = (id: string, fits: (webhook: WebhookJson) => boolean) =>
  eventually(() => show(id), fits, `webhook ${id}`);
const namesOf = ({ deliveries }: WebhookReceiver) =>
  deliveries.map(({ event }) => (event.data.changes as Record<string, { to: unknown }>).name?.to);
const letters = async (id: string, status = 'dead') =>
  (await admin.get(`${path}/${id}/deliveries?status=${status}`)).json.deliveries as Record<string, unknown>[];

describe('a webhook', () => {
  it('is sent what happens as signed CloudEvents, in the words of the history, from its own making on', async () => {
    const { secret } = await make({ event_types: null });
    const { id } = await cloud.alice.createImage({ name: 'told' });
    await receiver.until((deliveries) => deliveries.some(({ event }) => event.subject === `images/${id}`));
    const [own, created] = receiver.deliveries;
    expect(own!.event).toMatchObject({ type: 'vitrine.WebhookCreated' });
    const [view] = (await admin.get(`/vitrine/v1/images/${id}/history`)).json.events as Record<string, unknown>[];
    expect(created!.event).toEqual({
      ...{ specversion: '1.0', id: String(view!.position), source: '/vitrine/v1/events' },
      ...{ type: 'vitrine.ImageCreated', subject: `images/${id}`, time: view!.time, requestid: view!.request_id },
      ...{ datacontenttype: 'application/json', partitionkey: `image-${id}`, data: view },
      sequence: String(view!.position).padStart(19, '0'),
    });
    expect(created!.headers['content-type']).toBe('application/cloudevents+json; charset=UTF-8');
    expect(receiver.deliveries.every((delivery) => isSignedBy(secret!, delivery))).toBe(true);
    expect(isSignedBy(secret!, { ...created!, body: created!.body.replace('told', 'tolD') })).toBe(false);
  });

  it('is told only of the types and of the project that it is for, each event once and in order', async () => {
    await make({ project_id: cloud.bob.projectId, event_types: ['ImageCreated', 'ImageMemberAdded'] });
    await make({ url: other.url });
    const { id } = await cloud.alice.createImage({ name: 'a0' });
    await cloud.alice.post(`/v2/images/${id}/members`, { member: 'gamma' });
    await cloud.alice.post(`/v2/images/${id}/members`, { member: cloud.bob.projectId });
    for (let n = 0; n < 20; n++) {
      await cloud.alice.createImage({ name: `a${n + 1}` });
      await cloud.bob.createImage({ name: `b${n}` });
    }
    await Promise.all([receiver.until(({ length }) => length >= 21), other.until(({ length }) => length >= 41)]);
    expect(receiver.types()).toEqual(['vitrine.ImageMemberAdded', ...Array<string>(20).fill('vitrine.ImageCreated')]);
    expect(namesOf(receiver).slice(1)).toEqual(Array.from({ length: 20 }, (_, n) => `b${n}`));
    expect(JSON.stringify(receiver.deliveries)).not.toContain('gamma');
    expect(other.positions()).toEqual([...new Set(other.positions())].sort((a, b) => a - b));
    expect([receiver.most, other.most]).toEqual([1, 1]);
  });

  it('that answers 500 is asked again, with the same id, before it is told what comes next', async () => {
    const { id } = await make();
    let refusals = 2;
    receiver.answer = (_, response) => response.writeHead(refusals-- > 0 ? 500 : 200).end();
    await cloud.alice.createImage({ name: 'first' });
    await cloud.alice.createImage({ name: 'second' });
    const failing = await untilShown(id, (webhook) => webhook.failing !== null);
    expect(failing).toMatchObject({ failing: { reason: 'The receiver answered 500.' }, dead: 0 });
    await receiver.until(({ length }) => length >= 4);
    expect(namesOf(receiver)).toEqual(['first', 'first', 'first', 'second']);
    expect(new Set(receiver.deliveries.map((delivery) => delivery.id)).size).toBe(2);
    expect(await untilShown(id, ({ behind }) => behind === 0)).toMatchObject({ failing: null, dead: 0 });
  });

  it('that never takes an event is told the next ones, keeps it as a dead letter, and takes it when it is retried', async () => {
    const { id } = await make();
    receiver.answer = ({ event }, response) =>
      response.writeHead(JSON.stringify(event).includes('poison') ? 422 : 200).end();
    await cloud.alice.createImage({ name: 'poison' });
    await cloud.alice.createImage({ name: 'after' });
    await receiver.until(({ length }) => length >= 4);
    expect(namesOf(receiver)).toEqual(['poison', 'poison', 'poison', 'after']);
    const [letter] = await letters(id);
    expect(letter).toMatchObject({
      ...{ position: receiver.positions()[0], type: 'ImageCreated', status: 'dead', attempts: 3 },
      reason: 'The receiver answered 422.',
    });
    expect(await admin.post(`${path}/${id}/retry-dead`)).toMatchObject({ status: 200 });
    await receiver.until(({ length }) => length >= 5);
    await eventually(
      () => letters(id),
      ([one]) => one?.attempts === 4,
      'the dead letter',
    );
    receiver.answer = (_, response) => response.writeHead(200).end();
    await admin.post(`${path}/${id}/retry-dead`);
    await untilShown(id, ({ dead }) => dead === 0);
    expect(namesOf(receiver).at(-1)).toBe('poison');
  });

  it('that does not answer, or is not there, delays no other', async () => {
    receiver.answer = () => undefined;
    const silent = await make();
    const gone = await make({ url: `http://127.0.0.1:${other.port}/`.replace('127.0.0.1', '127.0.0.2') });
    await make({ url: other.url });
    for (let n = 0; n < 10; n++) await cloud.alice.createImage({ name: `n${n}` });
    await other.until(({ length }) => length >= 10);
    expect(namesOf(other)).toEqual(Array.from({ length: 10 }, (_, n) => `n${n}`));
    const reasons = await Promise.all(
      [silent, gone].map(async ({ id }) => (await untilShown(id, ({ failing }) => failing !== null)).failing!.reason),
    );
    expect(reasons).toEqual(['127.0.0.1 did not answer within 2 s.', '127.0.0.2 could not be reached: ECONNREFUSED']);
  });

  it('is told everything again from the position that it is replayed from', async () => {
    const { id } = await make();
    for (let n = 0; n < 5; n++) await cloud.alice.createImage({ name: `n${n}` });
    await receiver.until(({ length }) => length >= 5);
    const from = receiver.positions()[2]!;
    await untilShown(id, ({ behind }) => behind === 0);
    expect(await admin.post(`${path}/${id}/replay`, { from_position: from })).toMatchObject({ status: 200 });
    await receiver.until(({ length }) => length >= 8);
    expect(namesOf(receiver)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n2', 'n3', 'n4']);
    const ids = receiver.deliveries.map((delivery) => delivery.id);
    expect(ids.slice(5)).toEqual(ids.slice(2, 5));
  });

  it('that is disabled is told nothing, and goes on where it was when it is enabled, at another address, too', async () => {
    const { id } = await make();
    await cloud.alice.createImage({ name: 'before' });
    await receiver.until(({ length }) => length >= 1);
    await admin.send('PATCH', `${path}/${id}`, { enabled: false });
    await cloud.alice.createImage({ name: 'meanwhile' });
    const patched = await admin.send('PATCH', `${path}/${id}`, { enabled: true, url: other.url, secret: null });
    await other.until(({ length }) => length >= 1);
    expect([namesOf(receiver), namesOf(other)]).toEqual([['before'], ['meanwhile']]);
    expect(isSignedBy(String(patched.json.secret), other.deliveries[0]!)).toBe(true);
  });

  it('that redirects is not followed', async () => {
    const { id } = await make();
    receiver.answer = (_, response) => response.writeHead(307, { location: other.url }).end();
    await cloud.alice.createImage();
    await untilShown(id, ({ failing }) => failing?.reason === 'The receiver answered 307.');
    expect(other.deliveries).toEqual([]);
  });
});

describe('webhooks are managed', () => {
  it('by admins, who see them without their secrets', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const given = await make({ secret });
    expect(given).not.toHaveProperty('secret');
    const generated = await make();
    expect(generated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await admin.send('PATCH', `${path}/${given.id}`, { event_types: null, enabled: false });
    const list = await admin.get(path);
    expect((list.json.webhooks as WebhookJson[]).map(({ id }) => id)).toEqual([given.id, generated.id]);
    const everything = [
      list.text,
      (await admin.get(`${path}/${given.id}`)).text,
      (await admin.get('/vitrine/v1/events?limit=1000')).text,
      cloud.cloud.processes.map(({ output }) => output).join(),
    ].join();
    for (const hidden of [secret, generated.secret!]) expect(everything).not.toContain(hidden.slice(6));
  });

  it('in sight of the audit, which is told the origin of an address and not what may be a password in it', async () => {
    const { id } = await make({ event_types: ['ImageDeleted'] });
    await admin.send('PATCH', `${path}/${id}`, { event_types: null, url: `${receiver.url}2` });
    await admin.post(`${path}/${id}/replay`, { from_position: 1 });
    await admin.delete(`${path}/${id}`);
    made.pop();
    const { events } = (
      await eventually(
        () => admin.get(`/vitrine/v1/events?order=desc&limit=4`),
        ({ json }) => {
          // The webhook of the spec before was deleted, too, and the history may not be further than that.
          const told = json.events as { type: string; data: { id?: string } }[];
          return told[0]?.type === 'WebhookDeleted' && told.at(-1)?.data.id === id;
        },
        'the history',
      )
    ).json as { events: Record<string, unknown>[] };
    const origin = new URL(receiver.url).origin;
    expect(events.map(({ type, data, actor }) => [type, data, (actor as { user_id: string }).user_id])).toEqual([
      ['WebhookDeleted', { origin }, admin.userId],
      ['WebhookReplayed', { from: '1' }, admin.userId],
      ['WebhookChanged', { changes: { types: { from: ['ImageDeleted'], to: null } }, renewed: ['url'] }, admin.userId],
      ['WebhookCreated', { id, origin, types: ['ImageDeleted'], project: null, enabled: true }, admin.userId],
    ]);
    expect(JSON.stringify(events)).not.toContain('of-the-url');
    expect(await admin.get(`${path}/${id}`)).toMatchObject({ status: 404 });
    expect(await admin.post(`${path}/${id}/retry-dead`)).toMatchObject({ status: 404 });
  });

  it.each(['alice', 'rita', 'glance'] as const)('by nobody else: %s is refused everything', async (name) => {
    const { id } = await make();
    const client = cloud[name];
    const asked = await Promise.all([
      client.get(path),
      client.post(path, { url: receiver.url }),
      client.get(`${path}/${id}`),
      client.send('PATCH', `${path}/${id}`, { enabled: false }),
      client.delete(`${path}/${id}`),
      client.get(`${path}/${id}/deliveries`),
      client.post(`${path}/${id}/retry-dead`),
      client.post(`${path}/${id}/replay`, { from_position: 1 }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 403));
    expect(asked[0].headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ['no address', {}],
    ['an address with a password', { url: 'https://user:hidden@example.org/' }],
    ['an address that is not of the web', { url: 'file:///etc/passwd' }],
    ['a port that is not allowed', { url: 'http://127.0.0.1:22/' }],
    ['a type that there is not', { event_types: ['ImageExploded'] }],
    ['no types', { event_types: [] }],
    ['a weak secret', { secret: 'whsec_c2hvcnQ=' }],
    ['a secret that is none', { secret: 'hidden' }],
    ['a field that there is not', { method: 'PUT' }],
  ])('with %s none is made', async (what, more) => {
    const url = what === 'no address' ? undefined : receiver.url;
    const answer = await admin.post(path, { url, ...more });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('hidden');
  });

  it.each([[{}], [{ from_position: 0 }], [{ from_position: '1' }], [{ from_position: 10 ** 9 }]])(
    'and not replayed from %j',
    async (body) => {
      const { id } = await make();
      expect(await admin.post(`${path}/${id}/replay`, body)).toMatchObject({ status: 400 });
    },
  );
});
