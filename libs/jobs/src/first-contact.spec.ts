import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../../test/services/database.js';
import { eventually } from '../../../test/services/client.js';
import { Line } from '../../../test/services/line.js';
import { JobQueues, toPurge } from './job-queues.js';
import { JobWorker } from './job-worker.js';
import { newPurge } from './jobs.spec-kit.js';

let drop: () => Promise<void>;
let port: number;
let line: Line;
let databaseUrl: string;
beforeEach(async () => {
  const database = await createTestDatabase();
  ({ drop } = database);
  const url = new URL(database.url);
  port = Number(url.port);
  line = await Line.open();
  url.host = line.address;
  databaseUrl = url.href;
});
afterEach(async () => {
  await line.close();
  await drop();
});

describe('queues whose first contact with PostgreSQL fails', () => {
  it('say so, and work as soon as it is back', async () => {
    const connection = { redisUrl: undefined, databaseUrl };
    const errors: Error[] = [];
    const handled: string[] = [];
    const queues = new JobQueues(connection, (error) => errors.push(error));
    const worker = new JobWorker(connection, {
      ...{ queue: 'purges' as const, concurrency: 1, onError: (error: Error) => errors.push(error) },
      handle: (job) => Promise.resolve(void handled.push(job.imageId)),
    });
    const job = newPurge();
    await expect(queues.add([toPurge(job)])).rejects.toThrow();
    await eventually(
      () => Promise.resolve(errors.length),
      (count) => count > 0,
      'the list of errors',
    );

    line.connectTo(port);
    await queues.add([toPurge(job)]);
    await eventually(
      () => Promise.resolve(handled),
      (ids) => ids.length > 0,
      'the list of jobs',
    );
    expect(handled).toEqual([job.imageId]);
    await worker.close();
    await queues.close();
  });

  it('can be closed before it comes', async () => {
    const connection = { redisUrl: undefined, databaseUrl };
    const queues = new JobQueues(connection, () => undefined);
    const worker = new JobWorker(connection, {
      ...{ queue: 'purges' as const, concurrency: 1, onError: () => undefined, handle: () => Promise.resolve() },
    });
    await expect(queues.add([toPurge(newPurge())])).rejects.toThrow();
    await Promise.all([worker.close(), queues.close()]);
    await expect(queues.add([toPurge(newPurge())])).rejects.toThrow('closed');
  });
});
