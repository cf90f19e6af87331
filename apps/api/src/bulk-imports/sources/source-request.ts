import { z } from 'zod';

const url = z.string().min(1).max(2048);
const pattern = z.string().min(1).max(255);
const word = z.string().min(1).max(255);
/** one, or any of some */
const words = z
  .union([word, z.array(word).min(1).max(64)])
  .transform((given) => [given].flat())
  .optional();
const common = { architecture: words, name: pattern.optional(), newest: z.boolean().optional() };

const simplestreams = z.strictObject({ simplestreams: url, ...common, release: words, ftype: words });
const sums = z.strictObject({ sums: url, ...common });
/** as it is sent in a header */
const token = z.string().regex(/^[\x21-\x7e]{1,16384}$/, 'must be a token');
const glance = z.strictObject({
  glance: z.strictObject({
    endpoint: url,
    token,
    filter: z.record(word, z.union([word, z.array(word).min(1).max(64)])).optional(),
  }),
  name: pattern.optional(),
});

/** A document that names the images, instead of the images; or a service that lists them. */
export type BulkSource = z.infer<typeof simplestreams> | z.infer<typeof sums> | z.infer<typeof glance>;

const kinds = { simplestreams, sums, glance } as const;

/** Judged as the one kind that it names, so that what is wrong is named, too. */
export const bulkSource = z.looseObject({}).transform((given, context): BulkSource => {
  const named = Object.keys(kinds).filter((kind) => Object.hasOwn(given, kind)) as (keyof typeof kinds)[];
  if (named.length !== 1) {
    context.addIssue('must have one of simplestreams, sums and glance');
    return z.NEVER;
  }
  const result = kinds[named[0]!].safeParse(given);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

/** What `retry-failed` may be sent. */
export const retryBody = z.strictObject({ token: token.optional() });

/** What makes it the same source: a token does not. */
export function withoutToken(source: BulkSource): object {
  if (!('glance' in source)) return source;
  const { endpoint, filter } = source.glance;
  return { ...source, glance: { endpoint, filter } };
}
