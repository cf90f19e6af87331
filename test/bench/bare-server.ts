import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Database } from '#event-store';

/**
 * The least that could answer the same: node:http and pg, the same statement, the same bytes, no framework and no rule.
 * Its connections plan as the service's do, or it would be slower by planning alone.
 * Started with one JSON argument; says its port on stdout.
 */
const { databaseUrl, show, list, head, tail, file } = JSON.parse(process.argv[2]!) as {
  databaseUrl: string;
  /** statements; `show` takes the id of the path as its first value */
  show: { text: string; values: unknown[] };
  list: { text: string; values: unknown[] };
  /** around the documents of a page */
  head: string;
  tail: string;
  file: string;
};
const pool = new pg.Pool({ ...new Database({ url: databaseUrl }).connection(), max: 10, pipeline: true });

const server = createServer((request, answer) => {
  const url = request.url!;
  if (url === '/file') {
    createReadStream(file, { highWaterMark: 1 << 20 }).pipe(answer);
    return;
  }
  const isList = url.startsWith('/v2/images?');
  const statement = isList
    ? { name: 'list', ...list }
    : { name: 'show', text: show.text, values: [url.slice('/v2/images/'.length), ...show.values.slice(1)] };
  pool.query<{ document: string; documents: string }>(statement).then(
    ({ rows: [row] }) => {
      const body = isList ? head + row!.documents + tail : row!.document;
      answer.writeHead(200, {
        'content-type': 'application/json; charset=UTF-8',
        'content-length': Buffer.byteLength(body),
      });
      answer.end(body);
    },
    (error: unknown) => answer.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
