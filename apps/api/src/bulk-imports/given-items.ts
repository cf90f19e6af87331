import type { Readable } from 'node:stream';
import { Readable as ReadableStream } from 'node:stream';
import { JSONParser } from '@streamparser/json';
import { CsvError, parse, type Info } from 'csv-parse';
import { bulkImportLimits } from '#domain';
import { badRequest, Fault } from '../http/fault.js';

/** One item as it was sent; `line` is that of the text, or its place in a JSON list, from 1. */
export interface GivenItem {
  readonly line: number;
  readonly fields: unknown;
  /** of one that a listing named: its line says nothing to whoever sent the request */
  readonly name?: string;
  /** bytes as its image service tells them, which is not asked by HEAD; null when it does not tell */
  readonly size?: number | null | undefined;
}

/** Why an item cannot be used. */
export interface Problem {
  readonly line: number;
  readonly field: string | null;
  readonly problem: string;
  readonly name?: string;
}

export interface GivenItems {
  readonly items: GivenItem[];
  readonly problems: Problem[];
}

/** characters */
const longestLine = 1 << 20;
/** bytes */
const mostBytes = 64 << 20;
const separators: Readonly<Record<string, RegExp>> = { urls: /\s+/, tags: /,/, stores: /,/ };
const property = 'property:';

/** @throws Fault 413 */
export function assertNotTooMany(count: number): void {
  if (count > bulkImportLimits.items) {
    throw new Fault(
      413,
      `One bulk import takes at most ${bulkImportLimits.items} items: send the others in another one.`,
    );
  }
}

/** A body whose list `items` is counted while it comes. @throws Fault 400, 413 */
export async function readJson(body: Readable): Promise<unknown> {
  let whole: unknown;
  let items = 0;
  const parser = new JSONParser({ paths: ['$', '$.items.*'] });
  parser.onValue = ({ value, stack }) => {
    if (stack.length === 0) whole = value;
    else items++;
  };
  for await (const text of textOf(body)) {
    try {
      parser.write(text);
    } catch (error) {
      throw badRequest(`The body is not valid JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
    }
    assertNotTooMany(items);
  }
  if (!parser.isEnded) throw badRequest('The body is not valid JSON: it ends too early.');
  return whole;
}

/** One JSON object a line; empty lines are passed over. @throws Fault 400, 413 */
export async function readNdjson(body: Readable): Promise<GivenItems> {
  const items: GivenItem[] = [];
  const problems: Problem[] = [];
  let line = 0;
  for await (const text of linesOf(body)) {
    line++;
    if (text.trim() === '') continue;
    try {
      items.push({ line, fields: JSON.parse(text) });
    } catch {
      problems.push({ line, field: null, problem: 'it is not valid JSON' });
    }
    assertNotTooMany(items.length + problems.length);
  }
  return { items, problems };
}

/**
 * A table with a header of field names; `property:NAME` for a property. Lists are comma-separated, `urls` by spaces; an
 * empty cell says nothing. @throws Fault 400, 413
 */
export async function readCsv(body: Readable): Promise<GivenItems> {
  const items: GivenItem[] = [];
  const problems: Problem[] = [];
  let header: readonly string[] | undefined;
  let line = 1;
  const options = { info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: longestLine };
  const records = ReadableStream.from(textOf(body)).compose(parse(options)) as AsyncIterable<{
    record: string[];
    info: Info;
  }>;
  try {
    for await (const { record, info } of records) {
      const at = line;
      line = info.lines + 1;
      if (!header) {
        header = record.map((name) => name.trim());
        continue;
      }
      if (record.length === header.length) items.push({ line: at, fields: fieldsOf(header, record) });
      else {
        const problem = `it has ${record.length} cells, and the header ${header.length}`;
        problems.push({ line: at, field: null, problem });
      }
      assertNotTooMany(items.length + problems.length);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw badRequest(`The table cannot be read: ${error.message}`);
  }
  return { items, problems };
}

function fieldsOf(header: readonly string[], record: readonly string[]): Record<string, unknown> {
  const fields: [string, unknown][] = [];
  const properties: [string, string][] = [];
  for (const [index, name] of header.entries()) {
    const cell = record[index]!;
    if (cell === '') continue;
    if (name.startsWith(property)) properties.push([name.slice(property.length), cell]);
    else fields.push([name, valueOf(name, cell)]);
  }
  if (properties.length > 0) fields.push(['properties', Object.fromEntries(properties)]);
  return Object.fromEntries(fields);
}

function valueOf(name: string, cell: string): unknown {
  const separator = separators[name];
  if (separator)
    return cell
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== '');
  if ((name === 'min_disk' || name === 'min_ram') && /^\d{1,15}$/.test(cell)) return Number(cell);
  if (name === 'protected' && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true';
  return cell;
}

/** Without a byte order mark. @throws Fault 400, 413 */
async function* textOf(body: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > mostBytes) throw new Fault(413, `The body is larger than ${mostBytes} bytes.`);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw badRequest('The body is not UTF-8.');
    throw error;
  }
}

async function* linesOf(body: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const text of textOf(body)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > longestLine) throw new Fault(413, `A line is longer than ${longestLine} characters.`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}
