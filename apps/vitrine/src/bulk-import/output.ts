import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { BulkView, DryRun, InvalidItem, ItemView } from './bulk-import-api.js';

/** What a person or a script is told. Texts from elsewhere steer no terminal. */
export interface Output {
  accepted(view: BulkView): void;
  progress(view: BulkView, running: readonly ItemView[]): void;
  /** the end, or how it is now; with items that failed, and whether there are more */
  result(view: BulkView, failed: readonly ItemView[]): void;
  dryRun(found: DryRun): void;
  refused(message: string, invalid: readonly InvalidItem[]): void;
  /** before anything else is printed */
  stop(): void;
}

/** Whoever reads may go away: the import is watched on, because the exit code is an answer, too. */
export function print(text: string, stream: NodeJS.WriteStream = process.stdout): void {
  if (stream.writable) stream.write(`${text}\n`);
}

export const plain = (text: string) => text.replace(/\p{Cc}+/gu, ' ');

/** One JSON object a line. */
export class JsonOutput implements Output {
  private last = '';

  accepted(view: BulkView): void {
    this.say('accepted', { bulk_import: view });
  }

  /** What has changed: rates and times do not count. */
  progress(view: BulkView): void {
    const { status, items, bytes } = view;
    const now = JSON.stringify([status, items, bytes]);
    if (now !== this.last) this.say('progress', { bulk_import: view });
    this.last = now;
  }

  result(view: BulkView, failed: readonly ItemView[]): void {
    this.say('result', { bulk_import: view, failed });
  }

  dryRun(found: DryRun): void {
    this.say('dry-run', { ...found });
  }

  refused(message: string, invalid: readonly InvalidItem[]): void {
    this.say('refused', { message, invalid });
  }

  stop(): void {
    // There is nothing on the screen.
  }

  private say(event: string, more: object): void {
    print(JSON.stringify({ event, ...more }));
  }
}

/** Lines for a person, and bars where there is a screen. */
export class TextOutput implements Output {
  private readonly bars: Bars | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.bars = stream.isTTY ? new Bars(stream) : undefined;
  }

  accepted({ id, items }: BulkView): void {
    print(`bulk import ${id}: ${items.total} images`);
  }

  progress(view: BulkView, running: readonly ItemView[]): void {
    this.bars?.show(view, running);
  }

  result(view: BulkView, failed: readonly ItemView[]): void {
    this.stop();
    print(summary(view, failed));
  }

  dryRun({ items, bytes }: DryRun): void {
    const unknown = bytes.unknown_items > 0 ? `, and ${bytes.unknown_items} of unknown size` : '';
    print(`dry run: ${items} images can be imported, ${bytesText(bytes.total)}${unknown}; nothing was made`);
  }

  refused(message: string, invalid: readonly InvalidItem[]): void {
    this.stop();
    print(`vitrine bulk-import: ${plain(message)}`, process.stderr);
    const rows = invalid.map(({ line, name, field, problem }) => [String(line), name ?? '', field ?? '', problem]);
    if (rows.length > 0) print(table(['line', 'name', 'field', 'problem'], rows), process.stderr);
  }

  stop(): void {
    this.bars?.stop();
  }
}

/** One bar for all of it, and one for each of some that are under way. */
class Bars {
  private readonly all: MultiBar;
  private total: SingleBar | undefined;
  private readonly parts = new Map<number, SingleBar>();

  constructor(stream: NodeJS.WriteStream) {
    const format = '{bar} {percentage}% {what}';
    const looks = { format, stream, clearOnComplete: true, hideCursor: true, fps: 5, gracefulExit: false, barsize: 30 };
    this.all = new MultiBar(looks, Presets.shades_classic);
  }

  show(view: BulkView, running: readonly ItemView[]): void {
    const { items, bytes, rate, seconds_left: left } = view;
    const gone = items.done + items.failed + items.cancelled;
    const what = [
      `${gone} of ${items.total} images`,
      items.failed > 0 && `${items.failed} failed`,
      bytesText(bytes.done),
      rate !== null && `${bytesText(rate)}/s`,
      left !== null && left > 0 && `${timeText(left)} left`,
      view.status !== 'running' && view.status,
    ];
    this.total ??= this.all.create(items.total, 0, { what: '' });
    this.total.update(gone, { what: what.filter(Boolean).join(', ') });
    const lines = new Set(running.map(({ line }) => line));
    for (const [line, bar] of this.parts) {
      if (lines.has(line)) continue;
      this.all.remove(bar);
      this.parts.delete(line);
    }
    for (const { line, url, bytes: of } of running) {
      const bar = this.parts.get(line) ?? this.all.create(of.total ?? 1, 0, { what: '' });
      this.parts.set(line, bar);
      bar.setTotal(Math.max(of.total ?? 1, 1));
      bar.update(of.total === null ? 0 : of.done, { what: `${plain(fileName(url))} ${bytesText(of.done)}` });
    }
  }

  stop(): void {
    this.all.stop();
  }
}

const fileName = (url: string) =>
  url
    .replace(/[?#].*$/, '')
    .split('/')
    .at(-1)!
    .slice(0, 40);

export function summary({ id, status, reason, items, bytes }: BulkView, failed: readonly ItemView[]): string {
  const because = reason === null ? '' : `: ${plain(reason)}`;
  const counts = (['total', 'done', 'failed', 'cancelled', 'running', 'waiting'] as const).filter(
    (name) => name === 'total' || name === 'done' || items[name] > 0,
  );
  const rows = [
    ['bulk import', id],
    ['status', `${status}${because}`],
    ...counts.map((name) => [name, String(items[name])]),
    ['bytes', bytesText(bytes.done)],
  ];
  const told = rows.map(([name, value]) => `${name!.padEnd(12)} ${value!}`).join('\n');
  if (failed.length === 0) return told;
  const lines = failed.map(({ line, image_id: image, reason: why }) => [String(line), image, why ?? '']);
  const more = items.failed > failed.length ? `\n… and ${items.failed - failed.length} more` : '';
  return `${told}\n\n${table(['line', 'image', 'why it failed'], lines)}${more}`;
}

/** Columns as wide as what is in them; the last one as it comes. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map((row) => row.map(plain))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const isEmpty = head.map((_, column) => all.slice(1).every((row) => row[column] === ''));
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isEmpty[column] ? '' : column === row.length - 1 ? cell : `${cell.padEnd(widths[column]!)}  `,
      )
      .join('');
  return all.map(lineOf).join('\n');
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
export function bytesText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 2 ** (10 * power);
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]!}`;
}

function timeText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
