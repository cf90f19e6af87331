import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { Database } from './database.js';
import type { NewEvent } from './event.js';
import { EventStore } from './event-store.js';
import { verifyLog } from './verify-log.js';

const count = 12;
let test: TestDatabase;
let database: Database;
let store: EventStore;
/** Whoever owns the table can take the guards away; each spec puts the rows back. */
const tamper = (sql: string) =>
  asAdmin(test.url, `alter table events disable trigger all; ${sql}; alter table events enable trigger all`);

beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url });
  store = new EventStore(database);
  const texts = ['plain', 'ü€😀', 'quote " and \\', 'line\nbreak\u2028\u0001\u007f', '</script>', ''];
  for (let n = 0; n < count; n++) {
    const event: NewEvent = {
      streamId: `thing-${n}-${texts[n % 6]!}`,
      version: 1,
      eventId: randomUUID(),
      type: 'SomethingHappened',
      schemaVersion: 1,
      payload: {
        text: texts[n % 6],
        sizes: [1, 2.5, 1e21, null],
        size: (2n ** 63n - 1n).toString(),
        ü: { b: 1, a: 2 },
      },
      actor: { user_id: texts[n % 6]!, project_id: null, roles: ['member'] },
      projectId: n % 2 === 0 ? null : texts[n % 6]!,
      requestId: texts[(n + 1) % 6]!,
      causationId: null,
      correlationId: n % 3 === 0 ? null : 'c',
      recordedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, n, n % 2 === 0 ? 0 : 120)),
    };
    await store.append([event]);
  }
  await asAdmin(test.url, 'create table kept as select * from events');
});
beforeEach(() => tamper('delete from events; insert into events select * from kept'));
afterAll(async () => {
  await database.close();
  await test.drop();
});

const verify = (from?: bigint) => verifyLog(database, from === undefined ? {} : { from });

describe('a log that nobody has touched', () => {
  it('is whole, from its beginning and from any position on', async () => {
    const [last] = await store.readFeed(BigInt(count - 1), 1);
    const head = { position: BigInt(count), hash: last!.hash };
    expect(await verify()).toMatchObject({ checked: count, head, fault: undefined });
    expect(await verify(7n)).toMatchObject({ checked: count - 6, head, fault: undefined });
    expect(await verify(BigInt(count + 1))).toMatchObject({ checked: 0, head, fault: undefined });
  });

  it('of many thousands is read in batches', async () => {
    const one = (n: number): NewEvent => ({
      ...{ streamId: `many-${n}`, version: 1, eventId: randomUUID(), type: 'X', schemaVersion: 1, payload: { n } },
      ...{ actor: { user_id: 'a', project_id: null, roles: [] }, projectId: null, requestId: null },
      ...{ causationId: null, correlationId: null, recordedAt: new Date() },
    });
    for (let batch = 0; batch < 11; batch++) {
      await store.append(Array.from({ length: 1_000 }, (_, n) => one(batch * 1_000 + n)));
    }
    expect(await verify()).toMatchObject({ checked: 11_000 + count, fault: undefined });
    await tamper(`update events set type = 'Y' where position = 10007`);
    expect(await verify()).toMatchObject({ checked: 10_006, fault: { position: 10_007n } });
  });
});

describe('the first bad position is named', () => {
  const content = /content/;
  it.each([
    ['one byte of a payload is another', `payload = replace(payload::text, '2.5', '2.6')::json`, content],
    ['a payload has a space more', `payload = replace(payload::text, '[1', '[ 1')::json`, content],
    ['the author is another', `actor = replace(actor::text, 'member', 'reader')::json`, content],
    ['the project is gone', 'project_id = null', content],
    ['the request is another', `request_id = 'req-other'`, content],
    ['the type is another', `type = 'NothingHappened'`, content],
    ['the stream is another', `stream_id = 'thing-x'`, content],
    ['it is a microsecond later', `recorded_at = recorded_at + interval '1 microsecond'`, content],
    ['its hash is another', `hash = sha256('x')`, content],
    ['what it follows is another', `prev_hash = sha256('x')`, /does not follow/],
  ])('when %s', async (_, change, problem) => {
    await tamper(`update events set ${change} where position = 6`);
    expect(await verify()).toMatchObject({
      checked: 5,
      fault: { position: 6n, problem: expect.stringMatching(problem) },
    });
  });

  it('when an event was deleted', async () => {
    await tamper('delete from events where position = 5');
    expect(await verify()).toMatchObject({ fault: { position: 5n, problem: 'missing: the next event is 6' } });
    expect(await verify(6n)).toMatchObject({ fault: { position: 5n, problem: 'missing' } });
  });

  it('when the first event was deleted', async () => {
    await tamper('delete from events where position = 1');
    expect(await verify()).toMatchObject({ fault: { position: 1n } });
  });

  it('when two were swapped', async () => {
    await tamper(`update events set position = 100 where position = 4; update events set position = 4 where position = 8;
      update events set position = 8 where position = 100`);
    expect(await verify()).toMatchObject({ checked: 3, fault: { position: 4n } });
  });

  it('when an event was changed and its own hash made anew: the next one does not follow it', async () => {
    await tamper(`update events set type = 'Y', hash = sha256(prev_hash || int8send(position) || convert_to(
      '{"actor":' || actor || ',"causation_id":null,"correlation_id":"c","event_id":"' || event_id || '","payload":' ||
      payload || ',"project_id":"ü€😀","recorded_at":"2026-01-01T00:00:07.120Z","request_id":' || to_json(request_id) ||
      ',"schema_version":1,"stream_id":' || to_json(stream_id) || ',"type":"Y","version":1}', 'UTF8')) where position = 8`);
    expect(await verify()).toMatchObject({
      checked: 8,
      fault: { position: 9n, problem: expect.stringMatching(/does not follow/) },
    });
  });
});
