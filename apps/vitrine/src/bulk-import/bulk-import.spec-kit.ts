import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cloud } from '../../../../test/services/cloud.js';

const program = fileURLToPath(new URL('../main.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** of --json */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** The compiled program as somebody runs it who has the clouds.yaml of an installation. */
export class Cli {
  constructor(
    private readonly cloud: Cloud,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  readonly started: ChildProcess[] = [];

  start(...args: string[]): Running {
    const OS_CLIENT_CONFIG_FILE = join(this.cloud.directory, 'clouds.yaml');
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', OS_CLIENT_CONFIG_FILE, OS_CLOUD: 'alice', ...this.env };
    const child = spawn(process.execPath, [program, 'bulk-import', ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.started.push(child);
    return new Running(child);
  }

  /** To its end. */
  run(...args: string[]): Promise<Ran> {
    const running = this.start(...args);
    running.child.stdin!.end();
    return running.ended;
  }
}

export class Running {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ran>;

  constructor(readonly child: ChildProcess) {
    child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(child, 'close').then(([code]) => {
      const { stdout, stderr } = this;
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
      return {
        code: code as number | null,
        stdout,
        stderr,
        lines: lines.map((line) => JSON.parse(line) as Ran['lines'][0]),
      };
    });
  }

  /** Resolves once it has said so. */
  async said(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      const gone = this.ended.then(({ stderr }) => Promise.reject(new Error(`it ended: ${this.stdout}${stderr}`)));
      await Promise.race([once(this.child.stdout!, 'data'), gone]);
    }
  }
}
