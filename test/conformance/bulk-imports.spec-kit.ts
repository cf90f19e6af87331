import { createHash, randomBytes } from 'node:crypto';
import { eventually, type Client } from '../services/client.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

export const path = '/vitrine/v1/bulk-imports';

export interface BulkJson extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly items: Readonly<Record<'total' | 'waiting' | 'running' | 'done' | 'failed' | 'cancelled', number>>;
  readonly bytes: { readonly done: number; readonly total: number; readonly unknown_items: number };
}

export interface BulkItemJson extends Readonly<Record<string, unknown>> {
  readonly line: number;
  readonly image_id: string;
  readonly status: string;
  readonly attempt: number;
  readonly reason: string | null;
}

export const show = async (client: Client, id: string) =>
  (await client.get(`${path}/${id}`)).json as unknown as BulkJson;

export const itemsOf = async (client: Client, id: string, query = '') =>
  (await client.get(`${path}/${id}/items?limit=1000${query}`)).json.items as BulkItemJson[];

export const untilStatus = (client: Client, id: string, status: string, seconds = 60) =>
  eventually(
    () => show(client, id),
    (bulk) => bulk.status === status,
    `bulk import ${id}`,
    seconds,
  );

/** Different bytes under every path that says its size: /12345/any-name. */
export async function startMirror(): Promise<WebServer> {
  return startWebServer((request, answer) => {
    const bytes = bytesAt(request.url!);
    answer.setHeader('content-length', bytes.length);
    answer.end(request.method === 'HEAD' ? undefined : bytes);
  });
}

const known = new Map<string, Buffer>();
export function bytesAt(url: string): Buffer {
  const bytes = known.get(url) ?? randomBytes(Number(/^\/(\d+)/.exec(url)?.[1] ?? 1000));
  known.set(url, bytes);
  return bytes;
}

export const digestAt = (url: string, algorithm = 'sha512') => createHash(algorithm).update(bytesAt(url)).digest('hex');
