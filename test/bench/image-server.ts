import { hash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Images that are never equal: `/MIB/NAME` has so many MiB, which begin with the digest of its name. A process of its own,
 * which costs little; started with the port that it is to have, it says the one that it has.
 */
const mebibyte = randomBytes(1 << 20);
const server = createServer((request, answer) => {
  const size = Number(/^\/(\d+)\//.exec(request.url!)![1]);
  answer.writeHead(200, { 'content-length': size * mebibyte.length });
  const name = hash('sha512', request.url!, 'buffer');
  let sent = 0;
  const send = () => {
    while (sent < size) {
      if (sent++ === 0) answer.write(name);
      if (!answer.write(sent === 1 ? mebibyte.subarray(name.length) : mebibyte)) return;
    }
    answer.end();
  };
  answer.on('drain', send);
  if (request.method === 'HEAD') answer.end();
  else send();
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
);
