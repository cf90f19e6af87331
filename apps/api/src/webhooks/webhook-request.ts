import { bulkImportEventVersions, imageEventVersions, metadefEventVersions, webhookEventVersions } from '#domain';
import { isWebhookSecret } from '#platform';
import { badRequest } from '../http/fault.js';

/** What a client says of a webhook; what it does not say is undefined. */
export interface WebhookRequest {
  readonly url?: string | undefined;
  readonly types?: readonly string[] | null | undefined;
  readonly project?: string | null | undefined;
  /** null: a new one is to be made */
  readonly secret?: string | null | undefined;
  readonly enabled?: boolean | undefined;
}

const fields = ['url', 'event_types', 'project_id', 'secret', 'enabled'];
const known = new Set([
  ...[imageEventVersions, metadefEventVersions, bulkImportEventVersions, webhookEventVersions].flatMap(Object.keys),
]);
const longest = { url: 2_000, project: 255 };

/** @throws Fault 400; no text of it repeats a secret */
export function readWebhookRequest(body: unknown): WebhookRequest {
  const given = objectOf(body);
  const strange = Object.keys(given).find((name) => !fields.includes(name));
  if (strange !== undefined) {
    throw badRequest(`${JSON.stringify(strange)} is not understood; there are ${fields.join(', ')}`);
  }
  const { url, event_types: types, project_id: project, secret, enabled } = given;
  if (url !== undefined && !isText(url, longest.url)) throw badRequest('url must be the URL of a web server.');
  if (secret !== undefined && secret !== null && !(typeof secret === 'string' && isWebhookSecret(secret))) {
    throw badRequest('secret must be "whsec_" and 24 to 64 bytes in Base64, or null for a new one.');
  }
  if (enabled !== undefined && typeof enabled !== 'boolean') throw badRequest('enabled must be true or false.');
  if (project !== undefined && project !== null && !isText(project, longest.project)) {
    throw badRequest('project_id must be the id of a project, or null for all.');
  }
  return { url, types: typesOf(types), project, secret, enabled };
}

function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw badRequest('The body must be a JSON object.');
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= most && !value.includes('\0');

function typesOf(given: unknown): readonly string[] | null | undefined {
  if (given === undefined || given === null) return given;
  if (!Array.isArray(given) || given.length === 0) {
    throw badRequest('event_types must be a list of types of events, or null for all.');
  }
  const strange = given.find((type) => !known.has(type as string)) as unknown;
  if (strange !== undefined) throw badRequest(`There are no events of type ${JSON.stringify(strange)}.`);
  return [...new Set(given as string[])];
}

/** @throws Fault 400 unless there is a body `{"from_position": N}` */
export function readReplayRequest(body: unknown): bigint {
  const { from_position: from, ...rest } = objectOf(body);
  const isPosition = typeof from === 'number' && Number.isSafeInteger(from) && from >= 1;
  if (!isPosition || Object.keys(rest).length > 0) {
    throw badRequest('Give from_position: the first position of the log that is to be delivered again, such as 42.');
  }
  return BigInt(from);
}
