import { z } from 'zod';
import type { TaskInput } from '#domain';
import { badRequest } from '../http/fault.js';

const body = z.strictObject({
  type: z.literal('import', { error: 'only tasks of type import can be created' }),
  input: z.object({
    import_from: z.string().min(1),
    import_from_format: z.string().min(1),
    image_properties: z.record(z.string(), z.unknown()),
  }),
});

/** Body of `POST /v2/tasks`. Glance takes more than it can do and tells so in the task; here it is told at once. @throws Fault 400 */
export function parseTaskRequest(given: unknown): TaskInput {
  const parsed = body.safeParse(given);
  if (parsed.success) return parsed.data.input;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw badRequest(`The task cannot be created: ${problems.join('; ')}`);
}
