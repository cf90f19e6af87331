import { setTimeout as delay } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { BulkImportApi, BulkView } from './bulk-import-api.js';
import { jsonOf } from '../openstack/session.js';

const pollMs = 1000;
/** looks in a row that fail: some minutes */
const mostFailures = 20;
const longestPauseMs = 15_000;

/** Nothing will happen to it by itself. What runs of one that was stopped is brought to its end, of a cancelled one it is given up. */
export function isOver({ status, items }: BulkView): boolean {
  if (status === 'stopped') return items.running === 0;
  return status === 'finished' || (status === 'cancelled' && items.waiting + items.running === 0);
}

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
      if (stream.hasOne && (yield* told(api, id, stream, signal))) return;
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error) || ++failures >= mostFailures) throw error;
    }
    await delay(Math.min(pollMs * 2 ** failures, longestPauseMs), undefined, { signal });
  }
}

const mayPass = (error: unknown) => !(error instanceof Error && 'status' in error && Number(error.status) < 500);

/** What one stream tells, until it breaks off; true when it tells of the end. */
async function* told(
  api: BulkImportApi,
  id: string,
  stream: { hasOne: boolean; lastId: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<BulkView, boolean> {
  const body = await api.events(id, stream.lastId, signal);
  if (!body) {
    stream.hasOne = false;
    return false;
  }
  const heard: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => heard.push(message) });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      for (const { id: seen, event, data } of heard.splice(0)) {
        if (seen !== undefined) stream.lastId = seen;
        const view = event === 'progress' ? viewIn(data) : undefined;
        if (view) yield view;
        if (view && isOver(view)) return true;
      }
    }
    return false;
  } finally {
    body.destroy();
  }
}

function viewIn(data: string): BulkView | undefined {
  const said = jsonOf(data) as Partial<BulkView> | undefined;
  return said?.items && said.bytes && said.status !== undefined ? (said as BulkView) : undefined;
}
