import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Binaries } from './binaries.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

export interface StarterOptions {
  readonly dataDir: string;
  readonly binaries?: Binaries;
  /** user and group that the process becomes before it starts the server; needs root */
  readonly uid?: number;
  readonly umask?: number;
}

export interface Started {
  readonly url: string;
  readonly clusterDir: string;
}

type Line = Started | { readonly error: string } | { readonly log: string };

const program = fileURLToPath(import.meta.url);

/** A process of its own that starts the embedded server, as Vitrine does, and holds it until it is told to stop. */
export class Starter {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;

  constructor(options: StarterOptions) {
    this.child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'exit');
    this.lines = createInterface(this.child.stdout!)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @throws Error with the message of the process */
  async started(): Promise<Started> {
    for (;;) {
      const line = await this.nextLine();
      if ('error' in line) throw new Error(line.error);
      if ('url' in line) return line;
    }
  }

  /** Resolves when the server has said this on its way. */
  async untilSaid(pattern: RegExp): Promise<void> {
    for (;;) {
      const line = await this.nextLine();
      if ('error' in line) throw new Error(line.error);
      if ('log' in line && pattern.test(line.log)) return;
    }
  }

  private async nextLine(): Promise<Line> {
    const line = await this.lines.next();
    if (line.done) throw new Error('the starting process ended without a word');
    return JSON.parse(line.value) as Line;
  }

  /** In order: the server is stopped, then the process ends. Resolves as well when it has ended already. */
  async stop(): Promise<void> {
    this.child.stdin!.end();
    await this.ended;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

async function main({ uid, umask, ...options }: StarterOptions): Promise<void> {
  if (umask !== undefined) process.umask(umask);
  if (uid !== undefined) {
    process.setgroups!([]);
    process.setgid!(uid);
    process.setuid!(uid);
  }
  const say = (line: Line) => stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const postgres = await startEmbeddedPostgres({ ...options, log: (log) => say({ log }) });
    say({ url: postgres.url, clusterDir: postgres.clusterDir });
    stdin.resume();
    await Promise.race([once(stdin, 'end'), postgres.exited]);
    await postgres.stop();
  } catch (error) {
    say({ error: String(error) });
  }
  process.exit();
}

if (argv[1] === program) await main(JSON.parse(argv[2]!) as StarterOptions);
