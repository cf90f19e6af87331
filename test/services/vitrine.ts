import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../apps/vitrine/src/main.js', import.meta.url));

export type Settings = Readonly<Record<string, string | undefined>>;
export type LogLine = Readonly<Record<string, unknown>>;

/** One process of Vitrine as an operator runs it: the compiled program, its environment, its log. */
export class VitrineProcess {
  /** every JSON line of its log so far */
  readonly log: LogLine[] = [];
  /** everything that it said, JSON or not */
  output = '';
  private readonly lines = new EventEmitter();
  private readonly exited: Promise<number | null>;

  constructor(
    readonly command: 'start' | 'api' | 'worker',
    settings: Settings,
    program: readonly string[] = [main, command],
  ) {
    this.child = spawn(process.execPath, ['--enable-source-maps', ...program], {
      env: { PATH: process.env.PATH, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.lines.setMaxListeners(0);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.hear(line));
    }
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }

  private readonly child: ChildProcess;

  get pid(): number {
    return this.child.pid!;
  }

  /** Resolves with the first log line, said or still to come, that fits. @throws Error when the process ends first */
  async said(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const before = this.log.find(fits);
    if (before) return before;
    const gone = this.exited.then((code) => {
      throw new Error(`vitrine ${this.command} ended with ${code}:\n${this.output}`);
    });
    const line = new Promise<LogLine>((resolve) => {
      this.lines.on('line', (heard: LogLine) => fits(heard) && resolve(heard));
    });
    return Promise.race([line, gone]);
  }

  /** The address that it listens on, once it does; a worker has none. */
  async ready(): Promise<string> {
    const { url } = await this.said(({ msg }) => msg === 'ready');
    return String(url);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The exit code; null when a signal ended it. */
  ended(): Promise<number | null> {
    return this.exited;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exited;
  }

  private hear(line: string): void {
    this.output += `${line}\n`;
    if (!line.startsWith('{')) return;
    const parsed = JSON.parse(line) as LogLine;
    this.log.push(parsed);
    this.lines.emit('line', parsed);
  }
}
