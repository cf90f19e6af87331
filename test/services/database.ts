import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** of the owner; Database connects with it and takes the application's role */
  readonly url: string;
  drop(): Promise<void>;
}

/** `empty`: migrated, with nothing in the log. `installed`: with the starting set that a first start adds. */
export const templates = { empty: 'vitrine_template_empty', installed: 'vitrine_template_installed' };

/** A database of the spec's own, cloned from a template in milliseconds. */
export async function createTestDatabase(template: keyof typeof templates = 'empty'): Promise<TestDatabase> {
  const admin = process.env.TEST_DATABASE_URL;
  if (!admin) throw new Error('TEST_DATABASE_URL is not set: run the specs by npm test');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(admin, `create database ${name} template ${templates[template]}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(admin, `drop database if exists ${name} with (force)`) };
}

export async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
