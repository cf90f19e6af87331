import type pg from 'pg';
import { HistoryProjection, type Run } from './history.projection.js';
import type { HistoryQuery } from './history.query.js';
import { EventFeed, Subscription, type Database } from '#event-store';
import { History } from './history.js';

export const runOn =
  (client: pg.PoolClient): Run =>
  async ({ text, values, name }) =>
    (await client.query<object>({ text, values: [...values], name })).rows;

/** The worker's subscription. */
export const projector = (database: Database) => {
  const projection = new HistoryProjection();
  return new Subscription(database, new EventFeed(database), {
    name: 'history',
    handle: (events, client) => projection.project(events, runOn(client)),
  });
};

export const everything: HistoryQuery = {
  ...{ audience: 'everything', filters: {}, order: 'asc', after: 0n, before: 2n ** 63n - 1n, limit: 1_000 },
};

export const searcher =
  (history: History) =>
  async (given: Partial<HistoryQuery> = {}): Promise<string[]> =>
    (await history.search({ ...everything, ...given })).events.map(
      ({ position, type }) => `${position} ${type.replace('Image', '')}`,
    );
