import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to one request on its way: it passes, is answered with a status instead, is never answered, is cut
 * before the service sees it whole, or does its work and loses the answer.
 */
export type Fault =
  'pass' | 'hang' | 'cut' | 'lose-answer' | { readonly status: number } | { readonly cutAnswerAt: number };

/** Stands between a client and a real HTTP service and makes the faults that the service itself cannot be asked for. */
export class FaultyProxy {
  /** Every request's method and path, in order of arrival. */
  readonly seen: string[] = [];
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** `decide` is asked for each request; it may count. */
  static async start(target: URL, decide: (request: IncomingMessage) => Fault): Promise<FaultyProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultyProxy(server, (server.address() as AddressInfo).port);
    server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
      proxy.seen.push(`${incoming.method} ${incoming.url}`);
      apply(decide(incoming), target, incoming, answer);
    });
    return proxy;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close').catch(() => undefined);
  }
}

function apply(fault: Fault, target: URL, incoming: IncomingMessage, answer: ServerResponse): void {
  if (fault === 'hang') return;
  if (fault === 'cut') {
    incoming.once('data', () => incoming.socket.destroy());
    incoming.once('end', () => incoming.socket.destroy());
    return;
  }
  if (typeof fault === 'object' && 'status' in fault) {
    incoming.resume();
    incoming.once('end', () => answer.writeHead(fault.status).end('<Error><Code>InternalError</Code></Error>'));
    return;
  }
  const { method, url: path, headers } = incoming;
  const onward = request({ host: target.hostname, port: target.port, method, path, headers });
  incoming.pipe(onward);
  onward.on('error', () => answer.destroy());
  onward.on('response', (reply) => {
    if (fault === 'lose-answer') {
      reply.resume();
      incoming.socket.destroy();
      return;
    }
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    if (fault === 'pass') {
      reply.pipe(answer);
      return;
    }
    let left = fault.cutAnswerAt;
    reply.on('data', (chunk: Buffer) => {
      answer.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) answer.socket?.destroySoon();
    });
  });
}
