import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { Database } from './database.js';
import { DatabaseUnavailable } from './errors.js';

/** A message of PostgreSQL's protocol ("Message Formats"). */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
const authenticated = message('R', Buffer.alloc(4));
const ready = message('Z', Buffer.from('I'));
const shutDown = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'));

it('a connection that is lost in the moment in which it is handed over fails what wanted it and does not end the process', async () => {
  // A server that is stopped says so between two messages: a real one does it in one packet once in some hundred times.
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, shutDown])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const database = new Database({ url: `postgres://nobody@127.0.0.1:${port}/none` });
  for (let times = 0; times < 5; times++) {
    await expect(database.query({ text: 'select 1', values: [] })).rejects.toThrow(DatabaseUnavailable);
    await expect(database.transaction((client) => client.query('select 1'))).rejects.toThrow(DatabaseUnavailable);
  }
  await database.close();
  server.close();
  await once(server, 'close');
});
