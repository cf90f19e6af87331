import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../../test/services/free-port.js';
import { waitForRedis } from './connection.js';

const redis = new URL(process.env.TEST_REDIS_URL!);
const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(port: number, onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    onConnection(socket.on('error', () => undefined));
  });
  servers.push(server.listen(port, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A line to the real Redis. */
function forward(socket: Socket): void {
  const onward = connect(Number(redis.port), redis.hostname);
  sockets.push(onward.on('error', () => undefined));
  socket.pipe(onward).pipe(socket);
}

describe('waiting for Redis', () => {
  it('ends when it answers', async () => {
    const waits: string[] = [];
    await waitForRedis(redis.href, 10, (reason) => waits.push(reason));
    expect(waits).toEqual([]);
  });

  it('goes on until it answers', async () => {
    const port = await freePort();
    const waits: string[] = [];
    let started: Promise<unknown> | undefined;
    await waitForRedis(`redis://127.0.0.1:${port}`, 30, (reason) => {
      waits.push(reason);
      started ??= listen(port, forward);
    });
    await started;
    expect(waits[0]).toContain('ECONNREFUSED');
  });

  it('names REDIS_URL when nobody listens', async () => {
    const failure = waitForRedis(`redis://127.0.0.1:${await freePort()}`, 0, () => undefined);
    await expect(failure).rejects.toThrow(/^Redis did not answer within 0 s \(REDIS_URL\): .*ECONNREFUSED/);
  });

  it('names REDIS_URL when somebody listens and never answers', async () => {
    const port = await listen(0, () => undefined);
    await expect(waitForRedis(`redis://127.0.0.1:${port}`, 0, () => undefined)).rejects.toThrow(
      /^Redis did not answer within 0 s \(REDIS_URL\): /,
    );
  });

  it('names REDIS_URL when it is no Redis that answers', async () => {
    const port = await listen(0, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(waitForRedis(`redis://127.0.0.1:${port}`, 0, () => undefined)).rejects.toThrow(/\(REDIS_URL\): /);
  });
});
