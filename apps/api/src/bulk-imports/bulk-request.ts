import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { bulkImportLimits, type BulkImportOptions } from '#domain';
import { badRequest, Fault } from '../http/fault.js';
import { bulkSource, type BulkSource } from './sources/source-request.js';
import { readCsv, readJson, readNdjson, type GivenItems } from './given-items.js';

export interface BulkRequest extends GivenItems {
  /** for what items do not say */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** as far as they were said */
  readonly options: Partial<BulkImportOptions>;
  readonly dryRun: boolean;
  /** what names the items, where they are not given */
  readonly source?: BulkSource;
}

const concurrency = z.int().min(1).max(bulkImportLimits.concurrency);
const retries = z
  .int()
  .min(0)
  .max(bulkImportLimits.attempts - 1);
const options = {
  defaults: z.record(z.string(), z.unknown()).optional(),
  concurrency: concurrency.optional(),
  retries: retries.optional(),
  on_error: z.enum(['continue', 'stop']).optional(),
  dry_run: z.boolean().optional(),
};
const body = z.strictObject({ ...options, items: z.array(z.unknown()).min(1, 'there are none') });
const bodyWithSource = z.strictObject({ ...options, source: bulkSource });

const number = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a number')
  .transform(Number);
const query = z
  .strictObject({
    ...options,
    defaults: z
      .string()
      .transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.addIssue('must be JSON');
          return z.NEVER;
        }
      })
      .pipe(options.defaults),
    concurrency: number.pipe(concurrency),
    retries: number.pipe(retries),
    dry_run: z.enum(['true', 'false']).transform((text) => text === 'true'),
  })
  .partial();

/**
 * What `POST /vitrine/v1/bulk-imports` is asked for: JSON with everything in the body, or lines of JSON or CSV with the
 * rest in the query. @throws Fault 400, 413, 415
 */
export async function readBulkRequest(raw: IncomingMessage, search: string): Promise<BulkRequest> {
  const type = raw.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') {
    const given = await readJson(raw);
    if (isOfSource(given)) {
      const { source, ...rest } = parsed(bodyWithSource, given);
      return { ...asked(rest), items: [], problems: [], source };
    }
    const { items, ...rest } = parsed(body, given);
    return { ...asked(rest), items: items.map((fields, index) => ({ line: index + 1, fields })), problems: [] };
  }
  const read = type === 'text/csv' ? readCsv : type === 'application/x-ndjson' ? readNdjson : undefined;
  if (!read) {
    throw new Fault(415, 'Send the items as application/json, application/x-ndjson or text/csv.');
  }
  const rest = asked(parsed(query, Object.fromEntries(new URLSearchParams(search))));
  const { items, problems } = await read(raw);
  if (items.length + problems.length === 0) throw badRequest('The request cannot be used: items: there are none');
  return { ...rest, items, problems };
}

const isOfSource = (given: unknown) =>
  typeof given === 'object' && given !== null && Object.hasOwn(given, 'source') && !Object.hasOwn(given, 'items');

function asked(given: z.infer<typeof query>): Pick<BulkRequest, 'defaults' | 'options' | 'dryRun'> {
  const { concurrency, retries, on_error: onError } = given;
  return {
    defaults: given.defaults ?? {},
    options: {
      ...(concurrency !== undefined && { concurrency }),
      ...(retries !== undefined && { attempts: retries + 1 }),
      ...(onError !== undefined && { onError }),
    },
    dryRun: given.dry_run ?? false,
  };
}

/** @throws Fault 400 */
export function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw badRequest(`The request cannot be used: ${problems.join('; ')}`);
}
