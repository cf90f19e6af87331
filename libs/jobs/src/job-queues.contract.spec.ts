import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../../test/services/database.js';
import { createTestRedisDatabase } from '../../../test/services/redis-database.js';
import type { QueueConnection } from './connection.js';
import { toImport, toPurge, type JobQueues } from './job-queues.js';
import type { ImportJob, PurgeJob } from './jobs.js';
import { Deliveries, JobHouse, newImport, newPurge } from './jobs.spec-kit.js';

/** One way in and out of the queues, two backends; each test has an empty database of its own on either. */
const backends: Record<string, () => Promise<{ connection: QueueConnection; drop(): Promise<void> }>> = {
  Redis: async () => {
    const { url, drop } = await createTestRedisDatabase();
    return { connection: { redisUrl: url, databaseUrl: 'postgres://nobody@127.0.0.1:1/unused' }, drop };
  },
  PostgreSQL: async () => {
    const { url, drop } = await createTestDatabase();
    return { connection: { redisUrl: undefined, databaseUrl: url }, drop };
  },
};

describe.each(Object.keys(backends))('queues on %s', (name) => {
  let house: JobHouse;
  let queues: JobQueues;
  let drop: () => Promise<void>;
  /** What holds jobs up; opened at the latest when the test is over, or its workers would never close. */
  let gate: { readonly passed: Promise<void>; open(): void };
  beforeEach(async () => {
    let open!: () => void;
    const passed = new Promise<void>((resolve) => (open = resolve));
    gate = { passed, open };
    const backend = await backends[name]!();
    ({ drop } = backend);
    house = new JobHouse(backend.connection);
    queues = house.queues();
  });
  afterEach(async () => {
    gate.open();
    await house.close().finally(drop);
  });

  /** When this import has been given to a worker that takes one at a time, so has everything before it, and is done. */
  async function mark(deliveries: Deliveries<ImportJob>): Promise<void> {
    const marker = newImport();
    await queues.add([toImport(marker)]);
    await deliveries.of(({ imageId }) => imageId === marker.imageId);
    deliveries.jobs.pop();
  }

  it('deliver a job as it was given, to a worker of its queue', async () => {
    const [imports, purges] = [new Deliveries<ImportJob>(), new Deliveries<PurgeJob>()];
    const [wanted, doomed] = [newImport(), newPurge()];
    await queues.add([toImport(wanted)]);
    await queues.add([toPurge(doomed)]);
    house.worker('imports', imports.take);
    house.worker('purges', purges.take);
    await Promise.all([imports.of(() => true), purges.of(() => true)]);
    await mark(imports);
    expect([imports.jobs, purges.jobs]).toEqual([[wanted], [doomed]]);
  });

  it('run a job once that is added many times while it waits, also by several processes', async () => {
    const deliveries = new Deliveries<ImportJob>();
    const job = newImport();
    const others = [house.queues(), house.queues()];
    await Promise.all(Array.from({ length: 12 }, (_, n) => [queues, ...others][n % 3]!.add([toImport(job)])));
    house.worker('imports', deliveries.take);
    await mark(deliveries);
    expect(deliveries.jobs).toEqual([job]);
  });

  it('run a job once that is added again while it runs', async () => {
    const deliveries = new Deliveries<ImportJob>();
    const job = newImport();
    const added = new Promise<void>((resolve) => {
      house.worker('imports', async (taken) => {
        await deliveries.take(taken);
        if (taken.imageId === job.imageId) await queues.add([toImport(job)]).then(resolve);
      });
    });
    await queues.add([toImport(job)]);
    await added;
    await mark(deliveries);
    expect(deliveries.jobs).toEqual([job]);
  });

  it('tell attempts, tasks and images apart', async () => {
    const deliveries = new Deliveries<ImportJob>();
    const job = newImport();
    const jobs = [job, { ...job, attempt: 2 }, { ...job, task: newImport().task }, newImport()];
    await queues.add(jobs.map((one) => toImport(one)));
    house.worker('imports', deliveries.take);
    await mark(deliveries);
    expect(deliveries.jobs).toEqual(jobs);
  });

  it.each(['done', 'failed'])('take a job again once it has %s', async (outcome) => {
    const deliveries = new Deliveries<ImportJob>();
    const job = newImport();
    house.worker('imports', async (taken) => {
      await deliveries.take(taken);
      if (outcome === 'failed' && taken.imageId === job.imageId) throw new Error('failed on purpose');
    });
    for (const times of [1, 2, 3]) {
      await queues.add([toImport(job)]);
      await mark(deliveries);
      // Once each: what an import that failed becomes is told by the log, not by the queue.
      expect(deliveries.jobs).toEqual(Array.from({ length: times }, () => job));
    }
  });

  it('keep a job back until its time, and let others pass', async () => {
    const deliveries = new Deliveries<ImportJob>();
    const [last, second, first, late] = [newImport(), newImport(), newImport(), newImport()];
    await queues.add([toImport(last, { delayMs: 2000 })]);
    await queues.add([toImport(second, { delayMs: 1000 })]);
    await queues.add([toImport(first)]);
    await queues.add([toImport(late, { delayMs: -5000 })]);
    house.worker('imports', deliveries.take);
    await deliveries.of(({ imageId }) => imageId === last.imageId);
    expect(deliveries.jobs).toEqual([first, late, second, last]);
  });

  it('try a purge again that failed', async () => {
    const deliveries = new Deliveries<PurgeJob>();
    const doomed = newPurge();
    const succeeded = new Promise<void>((resolve) => {
      house.worker('purges', async (job) => {
        await deliveries.take(job);
        if (deliveries.jobs.length === 1) throw new Error('failed on purpose');
        resolve();
      });
    });
    await queues.add([toPurge(doomed)]);
    await succeeded;
    expect(deliveries.jobs).toEqual([doomed, doomed]);
  });

  it('give a worker as many jobs at a time as it wants, and no more', async () => {
    const running = new Set<string>();
    let most = 0;
    const done = new Deliveries<ImportJob>();
    const jobs = Array.from({ length: 7 }, newImport);
    for (const job of jobs) await queues.add([toImport(job)]);
    const full = new Promise<void>((resolve) => {
      house.worker(
        'imports',
        async (job) => {
          running.add(job.imageId);
          most = Math.max(most, running.size);
          if (running.size === 3) resolve();
          await gate.passed;
          running.delete(job.imageId);
          await done.take(job);
        },
        3,
      );
    });
    await full;
    gate.open();
    await done.of(() => done.jobs.length === jobs.length);
    expect(most).toBe(3);
  });

  it('wait with the end of a worker for the job that it runs, and give it no other', async () => {
    const [job, next] = [newImport(), newImport()];
    const seen: string[] = [];
    let worker!: { close(): Promise<void> };
    await new Promise<void>((begun) => {
      worker = house.worker('imports', async ({ imageId }) => {
        seen.push(`begun ${imageId}`);
        begun();
        await gate.passed;
        seen.push(`done ${imageId}`);
      });
      void queues.add([toImport(job)]);
    });
    const closed = worker.close().then(() => seen.push('closed'));
    await queues.add([toImport(next)]);
    expect(seen).toEqual([`begun ${job.imageId}`]);
    gate.open();
    await closed;
    expect(seen).toEqual([`begun ${job.imageId}`, `done ${job.imageId}`, 'closed']);

    const after = new Deliveries<ImportJob>();
    house.worker('imports', after.take);
    await after.of(() => true);
    await mark(after);
    expect(after.jobs).toEqual([next]);
  });
});
