import { readConfig } from '#config';

type Env = Readonly<Record<string, string | undefined>>;

export interface CliCommand {
  readonly summary: string;
  /** Resolves to the exit code, if it is not 0. */
  run(env: Env, args: readonly string[]): Promise<number> | Promise<void>;
}

/** What `vitrine <name>` does. Each loads what it needs: the whole service takes a second and more. */
export const commands = {
  start: {
    summary: 'API and workers in one process, with an embedded PostgreSQL unless DATABASE_URL is set',
    run: async (env) => (await import('./serve.js')).serve(readConfig(env), ['api', 'worker']),
  },
  api: {
    summary: 'the HTTP API alone',
    run: async (env) => (await import('./serve.js')).serve(readConfig(env), ['api']),
  },
  worker: {
    summary: 'a worker alone; run as many as you like',
    run: async (env) => (await import('./serve.js')).serve(readConfig(env), ['worker']),
  },
  migrate: {
    summary: 'bring the schema of DATABASE_URL to this release; api, worker and start do it by themselves',
    async run(env) {
      const { databaseUrl } = readConfig(env);
      if (!databaseUrl) throw new Error('set DATABASE_URL: the embedded PostgreSQL is migrated when it starts');
      const [{ migrate }, { allMigrations }] = await Promise.all([import('#event-store'), import('#platform')]);
      const applied = await migrate(databaseUrl, allMigrations);
      process.stdout.write(applied.length > 0 ? `applied ${applied.join(', ')}\n` : 'the schema is up to date\n');
    },
  },
  rebuild: {
    summary: 'rebuild the catalogue and the history from the log while the service runs',
    run: async (env) => (await import('./rebuild.js')).rebuild(readConfig(env)),
  },
  audit: {
    summary:
      'verify, export DIR, check-proof FILE, key: whether the log is just what was appended; ends with 1 at the first bad position',
    run: async (env, args) => (await import('./audit/audit.js')).audit(env, args),
  },
  'bulk-import': {
    summary:
      'FILE|URL [--watch]: images by the hundred, from a table, a listing or another cloud; --help tells the rest',
    run: async (env, args) => (await import('./bulk-import/bulk-import.js')).bulkImport(env, args),
  },
  inspect: {
    summary:
      'FILE [--json]: its format and virtual size, and whether it is safe; ends with 1 when not, 2 when unreadable',
    run: async (_env, args) => (await import('./inspect.js')).inspect(args),
  },
} as const satisfies Record<string, CliCommand>;

export function isCommand(name: string): name is keyof typeof commands {
  return Object.hasOwn(commands, name);
}
