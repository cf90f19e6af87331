import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { Client, eventually } from './client.js';
import { createTestDatabase } from './database.js';
import { VitrineProcess, type Settings } from './vitrine.js';

const users = ['admin', 'alice', 'rita', 'bob', 'glance'] as const;
export type User = (typeof users)[number];

/**
 * One installation: a database and a data directory of its own, and the processes that share them. The processes come
 * and go; what they have written stays.
 */
export class Cloud {
  readonly processes: VitrineProcess[] = [];
  private constructor(
    readonly settings: Settings,
    readonly directory: string,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  static async create(settings: Settings = {}): Promise<Cloud> {
    const directory = mkdtempSync(join(tmpdir(), 'vitrine-cloud-'));
    const database = await createTestDatabase('installed');
    const defaults: Settings = {
      DATABASE_URL: database.url,
      VITRINE_DATA_DIR: directory,
      VITRINE_PORT: '0',
      VITRINE_IMPORT_ALLOW_PRIVATE: 'true',
      // A fault is to be noticed while the spec looks on.
      VITRINE_LEASE_SECONDS: '2',
      VITRINE_SWEEP_SECONDS: '1',
      VITRINE_REQUEUE_SECONDS: '1',
      VITRINE_IMPORT_RETRY_SECONDS: '1',
    };
    return new Cloud({ ...defaults, ...settings }, directory, () => database.drop());
  }

  run(command: 'start' | 'api' | 'worker', settings: Settings = {}): VitrineProcess {
    const started = new VitrineProcess(command, { ...this.settings, ...settings });
    this.processes.push(started);
    return started;
  }

  /** As clouds.yaml has it. */
  password(user: string): string {
    const clouds = readFileSync(join(this.directory, 'clouds.yaml'), 'utf8');
    return new RegExp(` {2}${user}:\\n(?: {4}.*\\n)*? {6}password: (\\S+)\\n`).exec(clouds)![1]!;
  }

  /** A user's client of the API at this address, with a token from its own identity service. */
  async as(user: string, url: string): Promise<Client> {
    const password = this.password(user);
    const identity = { methods: ['password'], password: { user: { name: user, domain: { id: 'default' }, password } } };
    const answer = await request(`${url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity } }),
    });
    const { token } = (await answer.body.json()) as {
      token: { project: { id: string }; user: { id: string } };
    };
    return new Client(url, String(answer.headers['x-subject-token']), token.project.id, token.user.id);
  }

  async everyone(url: string): Promise<Record<User, Client>> {
    const clients = await Promise.all(users.map(async (user) => [user, await this.as(user, url)] as const));
    return Object.fromEntries(clients) as Record<User, Client>;
  }

  /** Resolves when the file store holds just so many objects of this image, finished or not. */
  async untilObjects(imageId: string, count: number): Promise<void> {
    const store = join(this.directory, 'images');
    const filesOf = (folder: string) => readdir(join(store, folder)).catch(() => []);
    const all = async () => [...(await filesOf(imageId)), ...(await filesOf('.unfinished'))];
    await eventually(all, (files) => files.length === count, `the store of image ${imageId}`);
  }

  async remove(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill()));
    await this.dropDatabase();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A cloud with one process that does everything, and its users. */
export async function startCloud(settings?: Settings): Promise<{ cloud: Cloud; url: string } & Record<User, Client>> {
  const cloud = await Cloud.create(settings);
  try {
    const url = await cloud.run('start').ready();
    return { cloud, url, ...(await cloud.everyone(url)) };
  } catch (error) {
    await cloud.remove();
    throw error;
  }
}
