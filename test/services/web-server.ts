import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server that images are downloaded from; `handle` may lie, stall and cut. */
export interface WebServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export async function startWebServer(
  handle: (request: IncomingMessage, answer: ServerResponse) => void,
): Promise<WebServer> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
