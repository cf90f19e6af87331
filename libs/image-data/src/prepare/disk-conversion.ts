import { ProgramError, type Confinement } from './confinement.js';

/** What disks can be converted to. */
export const conversionTargets = ['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'] as const;
export type ConversionTarget = (typeof conversionTargets)[number];

/** What qemu calls the formats that it reads. A partition table is of a raw disk. */
const qemuFormats: Readonly<Record<string, string>> = {
  ...{ raw: 'raw', gpt: 'raw', qcow2: 'qcow2', vmdk: 'vmdk', vdi: 'vdi', vhdx: 'vhdx' },
  ...{ vhd: 'vpc', ploop: 'parallels' },
};
/** Where qemu would otherwise round the disk up to what cylinders, heads and sectors of an old BIOS can tell. */
const options: Partial<Record<ConversionTarget, string>> = { vhd: 'subformat=dynamic,force_size=on' };

/** so many bytes a second are slow */
const slowest = 16n << 20n;

export interface DiskConversion {
  /** what the inspector has found */
  readonly from: string;
  readonly to: ConversionTarget;
  /** where both files are */
  readonly directory: string;
  /** a name there, as is the next one */
  readonly input: string;
  /** made */
  readonly output: string;
  /** bytes that a guest sees */
  readonly virtualSize: bigint;
  /** bytes that the result may have */
  readonly sizeLimit: bigint;
  /** without a sign of life, in addition to what a hundredth of the disk takes at 16 MiB/s */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** called with each percent */
  readonly onProgress: (percent: number) => void;
}

export function isConvertible(format: string): boolean {
  return Object.hasOwn(qemuFormats, format);
}

/**
 * Has `qemu-img convert` read a disk as what it is known to be (it never guesses) and write it in another format.
 * @throws ProgramError, and whatever the signal's reason is
 */
export async function convertDisk(confinement: Confinement, conversion: DiskConversion): Promise<void> {
  const { from, to, directory, input, output, virtualSize, sizeLimit, timeoutSeconds, signal, onProgress } = conversion;
  const chosen = options[to] === undefined ? [] : ['-o', options[to]];
  const formats = ['-f', qemuFormats[from]!, '-O', qemuFormats[to]!, ...chosen];
  // A sparse disk passes quickly, however large it says that it is.
  const extent = virtualSize < sizeLimit ? virtualSize : sizeLimit;
  const limits = { cpuSeconds: 600 + Number(extent / slowest), fileSize: sizeLimit, directory };
  signal.throwIfAborted();
  const running = confinement.run(['qemu-img', 'convert', '-p', ...formats, input, output], limits);
  const onAbort = () => running.stop(signal.reason as Error);
  const silence = new Silence(timeoutSeconds + Number(extent / 100n / slowest), (seconds) => {
    running.stop(new ProgramError(`qemu-img made no progress for ${seconds} seconds`, true));
  });
  signal.addEventListener('abort', onAbort);
  running.child.stdin.end();
  running.child.stdout.setEncoding('utf8').on('data', (text: string) => {
    silence.broken();
    const percent = percentIn(text);
    if (percent !== undefined) onProgress(percent);
  });
  try {
    await running.done;
    // It may have ended before it could be stopped.
    signal.throwIfAborted();
  } finally {
    silence.end();
    signal.removeEventListener('abort', onAbort);
  }
}

/** The last one said: `    (12.34/100%)\r`. */
function percentIn(text: string): number | undefined {
  const percent = [...text.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1];
  return percent === undefined ? undefined : Math.floor(Number(percent));
}

/** Calls when nothing was heard for so long. */
class Silence {
  private readonly timer: NodeJS.Timeout;

  constructor(seconds: number, onSilent: (seconds: number) => void) {
    this.timer = setTimeout(() => onSilent(seconds), seconds * 1000);
  }

  broken(): void {
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
