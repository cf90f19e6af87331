import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text, buffer } from 'node:stream/consumers';
import type { User } from '../services/cloud.js';
import type { OpenStackCloud } from './openstack-cloud.js';

export interface Result {
  readonly code: number | null;
  readonly bytes: Buffer;
  readonly out: string;
  readonly err: string;
}

export interface How {
  /** default alice */
  readonly as?: User;
  /** default: an empty one; `closed`: none, as programs take a terminal's for */
  readonly input?: Buffer | 'closed';
}

/** Runs OpenStack's own programs as a user of the cloud would, from an empty home. */
export class CommandLine {
  /** where files lie that the programs read and write */
  readonly directory: string;
  /** every command that ended well: `openstack image create` */
  readonly worked = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /** @param most programs at a time; each keeps a core busy for a second */
  constructor(
    private readonly cloud: OpenStackCloud,
    private readonly most = 2,
  ) {
    this.directory = join(cloud.cloud.directory, 'home');
    mkdirSync(this.directory, { recursive: true });
  }

  environment(user: User): Record<string, string | undefined> {
    const { username, password, projectName } = this.cloud.person(user);
    return {
      ...{ PATH: process.env.PATH, HOME: this.directory, LANG: 'C.UTF-8', PYTHONWARNINGS: 'ignore' },
      ...{ OS_AUTH_URL: this.cloud.keystone.url, OS_IDENTITY_API_VERSION: '3', OS_REGION_NAME: this.cloud.region },
      ...{ OS_USERNAME: username, OS_PASSWORD: password, OS_PROJECT_NAME: projectName },
      ...{ OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_NAME: 'Default' },
    };
  }

  /** Whatever comes of it. `command`: with its subcommand, `openstack image create` */
  async try(command: string, args: readonly string[], { as = 'alice', input }: How = {}): Promise<Result> {
    await this.turn();
    try {
      const all = [...command.split(' '), ...args];
      const [program = '', ...rest] = input === 'closed' ? ['sh', '-c', 'exec "$@" <&-', 'sh', ...all] : all;
      const child = spawn(program, rest, {
        env: this.environment(as),
        cwd: this.directory,
        stdio: 'pipe',
      });
      child.stdin.on('error', () => undefined).end(input === 'closed' ? undefined : input);
      const [[code], bytes, err] = await Promise.all([
        once(child, 'close') as Promise<[number | null]>,
        buffer(child.stdout),
        text(child.stderr),
      ]);
      return { code, bytes, out: bytes.toString(), err };
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  /** @throws Error with what the program said when it fails */
  async run(command: string, args: readonly string[], how?: How): Promise<Result> {
    const result = await this.try(command, args, how);
    if (result.code !== 0) {
      throw new Error(`${command} ${args.join(' ')} ended with ${result.code}:\n${result.err}${result.out}`);
    }
    this.worked.add(command);
    return result;
  }

  private async turn(): Promise<void> {
    while (this.running >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running++;
  }
}
