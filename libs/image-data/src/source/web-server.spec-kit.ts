import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real web server on the loopback that remembers who came. */
export class WebServer {
  /** connections, also those over which nothing was asked */
  connections = 0;
  readonly paths: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(answer: RequestListener): Promise<WebServer> {
    // It never hangs up by itself: a connection that is closed was closed by the client.
    const server = createServer({ keepAliveTimeout: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const web = new WebServer(server, (server.address() as AddressInfo).port);
    server.on('connection', () => web.connections++);
    server.on('request', (request, response) => {
      web.paths.push(request.url!);
      answer(request, response);
    });
    return web;
  }

  url(path: string, host = '127.0.0.1'): string {
    return `http://${host}:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
  }
}
