import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

/** What one run of a program may use; a program that wants more of it fails. */
export interface ProgramLimits {
  /** of processor time, all its threads together */
  readonly cpuSeconds: number;
  /** bytes of a file that it writes */
  readonly fileSize: bigint;
  /** where it runs: names of files there tell nobody how this machine is laid out */
  readonly directory?: string;
}

/** Bytes of address space; a conversion of each format that there is ran in 400 MB. */
const addressSpace = 1n << 30n;
const openFiles = 64;
/** of what a program says of its failure that much is kept */
const longestComplaint = 500;

/**
 * ulimit counts memory in KiB and files in blocks of 512 bytes; who does not end when told that the time is over is killed. A
 * limit that cannot be set ends it: the program does not run.
 */
const limited = [
  ...['ulimit -c 0', 'ulimit -v "$1"', 'ulimit -n "$2"', 'ulimit -S -t "$3"', 'ulimit -H -t "$(($3 + 5))"'],
  ...['ulimit -f "$4"', 'shift 4', 'exec "$@"'],
].join(' && ');

/** A program did not do its work; the message holds what it said. */
export class ProgramError extends Error {
  constructor(
    message: string,
    /** it was killed for what happened to this process, or could not be run: another try may go well */
    readonly mayPass: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ProgramError';
  }
}

/**
 * How programs run that read hostile data: under limits, with an environment that holds no secret, and where the system allows it
 * without a network and not longer than this process lives.
 */
export class Confinement {
  private constructor(private readonly wrappers: readonly (readonly string[])[]) {}

  /** Finds out what the system allows. */
  static async probe(): Promise<Confinement> {
    const firstOf = async (...choices: readonly (readonly string[])[]) => {
      for (const choice of choices) if (await succeeds([...choice, 'true'])) return [choice];
      return [];
    };
    // Without rights over the machine, a user namespace gives those over a network of its own.
    const noNetwork = await firstOf(['unshare', '--net', '--'], ['unshare', '--map-root-user', '--net', '--']);
    const noOrphans = await firstOf(['setpriv', '--pdeathsig', 'KILL', '--']);
    return new Confinement([...noNetwork, ...noOrphans]);
  }

  get hasNoNetwork(): boolean {
    return this.wrappers.some(([program]) => program === 'unshare');
  }

  get endsWithUs(): boolean {
    return this.wrappers.some(([program]) => program === 'setpriv');
  }

  run([program, ...args]: readonly [string, ...string[]], limits: ProgramLimits): Running {
    const { cpuSeconds, fileSize, directory: cwd } = limits;
    const numbers = [addressSpace >> 10n, openFiles, cpuSeconds, (fileSize + 511n) >> 9n].map(String);
    const [first, ...rest] = [...this.wrappers.flat(), 'sh', '-c', limited, 'sh', ...numbers, program, ...args];
    return new Running(program, spawn(first!, rest, { cwd, env: environment(), stdio: 'pipe' }));
  }
}

/** A program on its way. */
export class Running {
  /** Resolves when it has done its work. @throws ProgramError */
  readonly done: Promise<void>;
  private complaint = '';
  private stopped: Error | undefined;

  constructor(
    private readonly program: string,
    readonly child: ChildProcessWithoutNullStreams,
  ) {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaint = (this.complaint + text).slice(-longestComplaint);
    });
    // Whoever does not read its input to the end is not thereby in the wrong: its exit code says.
    child.stdin.on('error', () => undefined);
    this.done = new Promise((resolve, reject) => {
      child.on('error', (error) => reject(new ProgramError(`${program} could not be run: ${error.message}`, true)));
      child.on('close', (code, signal) => (code === 0 ? resolve() : reject(this.failure(code, signal))));
    });
    this.done.catch(() => undefined);
  }

  /** Ends it at once; `done` rejects with the reason. */
  stop(reason: Error): void {
    this.stopped ??= reason;
    this.child.kill('SIGKILL');
  }

  private failure(code: number | null, signal: NodeJS.Signals | null): Error {
    if (this.stopped) return this.stopped;
    if (signal === 'SIGXCPU' || signal === 'SIGXFSZ') {
      const what = signal === 'SIGXCPU' ? 'processor time' : 'room for its result';
      return new ProgramError(`${this.program} needed more ${what} than it may have`, false);
    }
    if (signal !== null) return new ProgramError(`${this.program} was ended by ${signal}`, true);
    const said = this.complaint.trim().replaceAll(/\s+/g, ' ');
    return new ProgramError(`${this.program} failed: ${said === '' ? `it ended with ${code}` : said}`, false);
  }
}

/** Whether a program can be run at all. */
export function isInstalled(program: string): Promise<boolean> {
  return succeeds([program, '--version']);
}

function succeeds([program, ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program!, args, { env: environment(), stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

/** Two arenas: each takes 64 MiB of address space. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', MALLOC_ARENA_MAX: '2' };
}
