import { z } from 'zod';
import type { ValidationData } from '#domain';
import { badRequest } from '../http/fault.js';

/** bytes; a place of data is a key of an index, which holds no more than 2,700 */
const longestUrl = 2_000;
/** Of a signed URL's query: what S3, Google, Azure, Swift and their like call what opens it. */
const secretParameter =
  /^(x-[a-z]+-(signature|security-token|credential)|(aws|oss)?accesskeyid|googleaccessid|signature|sig|temp_url_sig|(access_?|auth_?)?token|api_?key|password)$/i;
const url = z
  .string()
  .min(1)
  .refine((value) => Buffer.byteLength(value) <= longestUrl, `must be no longer than ${longestUrl} bytes`)
  .refine(
    (value) => !hasSecret(value),
    'must not be signed: a location is in the history for ever, and the image would be lost when the signature ends. ' +
      'Import the data with web-download, which keeps the address to itself',
  );

function hasSecret(value: string): boolean {
  return URL.canParse(value) && [...new URL(value).searchParams.keys()].some((name) => secretParameter.test(name));
}

const body = z.strictObject({
  url,
  validation_data: z
    .strictObject({
      os_hash_algo: z.literal('sha512', { error: 'only sha512 is supported' }),
      os_hash_value: z.string().regex(/^[0-9a-fA-F]{128}$/, 'must be 128 hexadecimal digits'),
    })
    .optional(),
});

export interface LocationRequest {
  readonly url: string;
  readonly expected: { readonly sha512: string } | null;
}

/** Body of `POST /v2/images/{id}/locations` (Image API v2.17). @throws Fault 400 */
export function parseLocationRequest(given: unknown): LocationRequest {
  const { url, validation_data: validation } = parsed(body, given);
  return { url, expected: validation ? { sha512: validation.os_hash_value.toLowerCase() } : null };
}

/** What else a location holds is passed over; digests that cannot be are refused by the rules, with 409. */
const patchValue = z.object({
  url,
  metadata: z.record(z.string(), z.unknown()),
  validation_data: z
    .strictObject({
      checksum: z.string().length(32).optional(),
      os_hash_algo: z.string().max(64),
      os_hash_value: z.string().max(128),
    })
    .optional(),
});

export interface LocationValue {
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly validation: ValidationData | null;
}

/** A location in a PATCH of `/locations`. @throws Fault 400 */
export function parseLocationValue(given: unknown): LocationValue {
  const { url, metadata, validation_data: validation = null } = parsed(patchValue, given);
  return { url, metadata, validation: validation };
}

function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw badRequest(`The location cannot be used: ${problems.join('; ')}`);
}
