import { z } from 'zod';
import { badRequest } from '../http/fault.js';

const body = z.strictObject({
  url: z.string().min(1),
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
  const parsed = body.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    throw badRequest(`The location cannot be used: ${problems.join('; ')}`);
  }
  const { url, validation_data: validation } = parsed.data;
  return { url, expected: validation ? { sha512: validation.os_hash_value.toLowerCase() } : null };
}
