import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UsageError, type Values } from './arguments.js';

/** A request for a bulk import as it is sent. */
export interface Given {
  readonly query: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Where another image service is, and with whose token. */
export interface OtherService {
  readonly endpoint: string;
  readonly token: string;
}

const contentTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson', json: 'application/json' } as const;
type Format = keyof typeof contentTypes;
const formats: Readonly<Record<string, Format>> = { csv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson', json: 'json' };

export const isUrl = (from: string | undefined): from is string => /^https?:\/\//i.test(from ?? '');

export type SourceKind = 'simplestreams' | 'sums' | 'glance';
const sourceOptions = ['source', 'name', 'arch', 'release', 'ftype', 'newest', 'filter', 'source-cloud'] as const;

/** What a URL is, by what is said of it or by its name. @throws UsageError */
export function kindOf(from: string | undefined, values: Values): SourceKind {
  const said = values.source;
  if (said === 'simplestreams' || said === 'sums' || said === 'glance') return said;
  if (said !== undefined) throw new UsageError(`--source is simplestreams, sums or glance, not ${said}`);
  const path = from === undefined ? '' : new URL(from).pathname;
  if (/\.s?json$/i.test(path)) return 'simplestreams';
  if (/(sums?|checksums?|\.sha(256|512)|\.md5)(\.(txt|asc))?$/i.test(path)) return 'sums';
  if (from === undefined || values['source-cloud'] !== undefined || /\/v2(\.\d+)?\/?$/.test(path)) return 'glance';
  throw new UsageError('say by --source whether it is simplestreams, sums or glance');
}

/** A request that names a source. @throws UsageError */
export function givenSource(
  kind: SourceKind,
  from: string | undefined,
  other: OtherService | undefined,
  values: Values,
): Given {
  const { name, arch: architecture, release, ftype, newest, filter = [] } = values;
  const strange = {
    simplestreams: ['filter'],
    sums: ['filter', 'release', 'ftype'],
    glance: ['arch', 'release', 'ftype', 'newest'],
  }[kind];
  const wrong = strange.find((option) => Object.hasOwn(values, option));
  if (wrong !== undefined) throw new UsageError(`--${wrong} is not for ${kind}`);
  const source =
    kind === 'glance'
      ? { glance: { ...other, filter: filterOf(filter) }, name }
      : { [kind]: from, name, architecture, release, ftype, newest };
  const body = JSON.stringify({ source, ...optionsOf(values) });
  return { query: '', contentType: contentTypes.json, body: Buffer.from(body) };
}

/** A request with the items of a file. @throws UsageError */
export async function givenFile(from: string, values: Values): Promise<Given> {
  const strange = sourceOptions.find((option) => Object.hasOwn(values, option));
  if (strange !== undefined) throw new UsageError(`--${strange} is for a URL`);
  const format = formats[values.format ?? from.split('.').at(-1)!.toLowerCase()];
  if (!format) throw new UsageError('say by --format whether it is csv, ndjson or json');
  const bytes = from === '-' ? await buffer(process.stdin) : await readOf(from);
  const options = optionsOf(values);
  if (format !== 'json') {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) query.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
    }
    return { query: query.size > 0 ? `?${query.toString()}` : '', contentType: contentTypes[format], body: bytes };
  }
  const said = jsonOf(bytes.toString(), `${from} is no JSON`);
  const whole = Array.isArray(said) ? { items: said as unknown[] } : (said as object);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { query: '', contentType: contentTypes.json, body: Buffer.from(JSON.stringify({ ...whole, ...given })) };
}

async function readOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function optionsOf(values: Values) {
  return {
    defaults: values.defaults === undefined ? undefined : (jsonOf(values.defaults, '--defaults is no JSON') as object),
    concurrency: number('concurrency', values.concurrency),
    retries: number('retries', values.retries),
    on_error: values['on-error'],
    dry_run: values['dry-run'],
  };
}

function number(name: string, text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} is a number, not ${text}`);
  return text === undefined ? undefined : Number(text);
}

function jsonOf(text: string, otherwise: string): unknown {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === 'object' && said !== null) return said;
  } catch {
    // It is told in other words.
  }
  throw new UsageError(otherwise);
}

function filterOf(pairs: readonly string[]): Record<string, string[]> {
  const filter: Record<string, string[]> = {};
  for (const pair of pairs) {
    const [name, ...value] = pair.split('=');
    if (!name || value.length === 0) throw new UsageError(`--filter is NAME=VALUE, not ${pair}`);
    (filter[name] ??= []).push(value.join('='));
  }
  return filter;
}
