import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { BulkImportApi, BulkView } from './bulk-import-api.js';
import { jsonOf } from '../openstack/session.js';
import { Readable } from 'node:stream';

const pollMs = 1000;
/** looks in a row that fail: some minutes */
const mostFailures = 20;
const longestPauseMs = 15_000;

const ended = new Set(['finished', 'cancelled', 'stopped']);
/** Nothing will happen to it by itself. A cancelled one still gives up what runs. */
export const isOver = ({ status, items }: BulkView) =>
  ended.has(status) && (status === 'finished' || items.running === 0);

/**
 * How a bulk import is, again and again until nothing happens to it any more; the last one is how it is then. As it is
 * told, where the service tells it by itself, and otherwise by asking. @throws CloudError
 */
export async function* follow(api: BulkImportApi, id: string, signal: AbortSignal): AsyncGenerator<BulkView> {
  const stream = { hasOne: true, lastId: undefined as string | undefined };
  let failures = 0;
  for (;;) {
    try {
      const view = await api.show(id, signal);
      yield view;
      if (isOver(view)) return;
      if (stream.hasOne) yield* told(api, id, stream, signal);
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error) || ++failures >= mostFailures) throw error;
    }
    await delay(Math.min(pollMs * 2 ** failures, longestPauseMs), undefined, { signal });
  }
}

const mayPass = (error: unknown) => !(error instanceof Error && 'status' in error && Number(error.status) < 500);

/** What one stream tells, until it breaks off, or tells of an end. */
async function* told(
  api: BulkImportApi,
  id: string,
  stream: { hasOne: boolean; lastId: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<BulkView> {
  const body = await api.events(id, stream.lastId, signal);
  if (!body) {
    stream.hasOne = false;
    return;
  }
  const events = Readable.toWeb(body)
    .pipeThrough(new TextDecoderStream() as never)
    .pipeThrough(new EventSourceParserStream()) as unknown as AsyncIterable<{
    id?: string;
    event?: string;
    data: string;
  }>;
  try {
    for await (const { id: seen, event, data } of events) {
      if (seen !== undefined) stream.lastId = seen;
      const view = event === 'progress' ? viewIn(data) : undefined;
      if (view) yield view;
      if (view && isOver(view)) return;
    }
  } finally {
    body.destroy();
  }
}

function viewIn(data: string): BulkView | undefined {
  const said = jsonOf(data) as Partial<BulkView> | undefined;
  return said?.items && said.bytes && said.status !== undefined ? (said as BulkView) : undefined;
}
