import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { asAdmin } from '../services/database.js';
import { WebhookReceiver } from '../services/webhook-receiver.js';

const path = '/vitrine/v1/webhooks';
let receiver: WebhookReceiver;
let cloud: Cloud;
let admin: Client;

beforeEach(async () => {
  receiver = await WebhookReceiver.start();
  cloud = await Cloud.create({
    VITRINE_WEBHOOK_ALLOW_PRIVATE: 'true',
    VITRINE_WEBHOOK_ALLOWED_PORTS: String(receiver.port),
    VITRINE_WEBHOOK_RETRY_SECONDS: '1',
  });
  admin = await cloud.as('admin', await cloud.run('api').ready());
});
afterEach(async () => {
  await cloud.remove();
  await receiver.stop();
});

const startWorker = async () => {
  const worker = cloud.run('worker');
  await worker.ready();
  return worker;
};
const write = async (from: number, to: number) => {
  for (let n = from; n < to; n++) await admin.createImage({ name: `n${n}` });
};
const told = () => new Set(receiver.positions()).size;

describe('deliveries', () => {
  it('are lost to no kill -9 of their worker: the next one goes on in order, at least once', async () => {
    const taken: number[] = [];
    const held: number[] = [];
    let holdAfter = 20;
    // Whoever is killed has one under way that its receiver has read, and not taken.
    receiver.answer = ({ event }, response) => {
      if (taken.length >= holdAfter) held.push(Number(event.id));
      else response.writeHead(204).end(() => taken.push(Number(event.id)));
    };
    await admin.post(path, { url: receiver.url, event_types: ['ImageCreated'] });
    const images = 120;
    const writing = write(0, images);
    for (const next of [45, 80, images + 1]) {
      const worker = await startWorker();
      const before = held.length;
      await receiver.until(() => held.length > before);
      await worker.kill();
      holdAfter = next;
    }
    await startWorker();
    await writing;
    await receiver.until(() => taken.length === images);
    expect(held).toHaveLength(3);
    expect(taken).toEqual([...new Set(receiver.positions())].toSorted((a, b) => a - b));
    expect(receiver.deliveries).toHaveLength(images + held.length);
  }, 120_000);

  it('of one webhook are one worker’s at a time, also when that loses its connection', async () => {
    receiver.answer = (_, response) => void setTimeout(() => response.writeHead(204).end(), 20);
    await Promise.all([startWorker(), startWorker(), startWorker()]);
    await admin.post(path, { url: receiver.url, event_types: ['ImageCreated'] });
    await write(0, 20);
    await receiver.until(() => told() >= 20);
    expect(receiver.most).toBe(1);
    expect(receiver.deliveries).toHaveLength(20);
    await asAdmin(
      cloud.settings.DATABASE_URL!,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'vitrine webhooks' and datname = current_database()`,
    );
    await write(20, 40);
    await receiver.until(() => told() === 40);
    const firsts = [...new Set(receiver.positions())];
    expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
  }, 120_000);
});
