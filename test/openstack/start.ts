import { join } from 'node:path';
import { startEmbeddedPostgres } from '#event-store';
import { prepareKeystone, serveKeystone } from '../services/keystone.js';
import { keep, type Running } from '../services/running.js';
import { scratchDirectory } from '../services/scratch.js';
import stop from '../services/stop.js';
import { makeTemplates } from '../services/template.js';
import { KeystoneAdmin } from './keystone-admin.js';
import { needOpenStack } from './packages.js';
import { settle } from './people.js';
import { publish } from './run.js';

/** Jest's globalSetup of the specs with OpenStack's own programs: a PostgreSQL and a Keystone for all of them. */
export default async function start(): Promise<void> {
  needOpenStack();
  const directory = scratchDirectory('openstack');
  const running: Running = { directory, services: [] };
  keep(running);
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: directory, settings: { max_connections: '300' } });
    running.services.push(postgres);
    process.env.TEST_DATABASE_URL = postgres.url;
    await makeTemplates(postgres.url);
    const data = await prepareKeystone(join(directory, 'keystone'), postgres.url);
    const keystone = await serveKeystone(data);
    running.services.push(keystone);
    const admin = await KeystoneAdmin.connect(keystone.url, data.adminPassword);
    for (const type of ['identity', 'image', 'image_remote']) await admin.service(type);
    publish({ data, url: keystone.url, people: await settle(admin, data.adminPassword) });
  } catch (error) {
    await stop();
    throw error;
  }
}
