import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { slabsOf, type FromDigestWorker, type ToDigestWorker } from './digest-messages.js';

/** Hashes slabs of shared memory for any number of streams, in the order in which they are handed over. */
const { algorithm } = workerData as { algorithm: string };
const port = parentPort!;
const streams = new Map<number, { readonly hash: Hash; readonly slabs: readonly Uint8Array[] }>();
const answer = (message: FromDigestWorker) => port.postMessage(message);

port.on('message', (message: ToDigestWorker) => {
  if (message.do === 'open') {
    streams.set(message.stream, { hash: createHash(algorithm), slabs: slabsOf(message.ring) });
    return;
  }
  if (message.do === 'drop') {
    streams.delete(message.stream);
    answer({ stream: message.stream, dropped: true });
    return;
  }
  const stream = streams.get(message.stream);
  if (!stream) return;
  switch (message.do) {
    case 'update':
      stream.hash.update(stream.slabs[message.slab]!.subarray(0, message.length));
      answer({ stream: message.stream, slab: message.slab });
      return;
    case 'finish':
      streams.delete(message.stream);
      answer({ stream: message.stream, digest: stream.hash.digest('hex') });
  }
});
