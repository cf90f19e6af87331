import { parseArgs } from 'node:util';

/** The command line is not one that means something; the text says what is wrong. */
export class UsageError extends Error {}

export const usage = `usage: vitrine bulk-import FILE|URL [options]
       vitrine bulk-import status|cancel|pause|resume|retry ID [--watch] [--json]

FILE is a table (.csv), lines of JSON (.ndjson) or JSON (.json); - is what comes in, with --format csv|ndjson|json.
URL is a listing of images, or the endpoint of another image service.

  --source simplestreams|sums|glance   what URL is, where its name does not tell
  --name PATTERN --arch ARCH --release RELEASE --ftype TYPE --no-newest
                                       which of its images; * in a name, the others as often as you like
  --filter NAME=VALUE                  of the list of another image service, as often as you like
  --source-cloud NAME                  whose credentials are used there, of clouds.yaml; or VITRINE_SOURCE_TOKEN. URL may
                                       be left out then
  --defaults JSON                      for what items do not say
  --concurrency N --retries N --on-error continue|stop --dry-run --idempotency-key KEY
  --watch                              until it has ended
  --json                               one JSON object a line
  --os-cloud NAME                      of clouds.yaml; or OS_CLOUD, or OS_AUTH_URL and the rest

It ends with 0 when all is well (with --watch: all images are active), with 1 when images failed, were cancelled or are
held up, with 2 when nothing was begun or cannot be told, and with 130 after Ctrl-C, which leaves the import running.`;

const many = { type: 'string', multiple: true } as const;
const one = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  ...{
    source: one,
    name: one,
    arch: many,
    release: many,
    ftype: many,
    newest: flag,
    filter: many,
    'source-cloud': one,
  },
  ...{ defaults: one, concurrency: one, retries: one, 'on-error': one, 'dry-run': flag, 'idempotency-key': one },
  ...{ format: one, watch: flag, json: flag, 'os-cloud': one, help: flag },
} as const;
export type Values = ReturnType<typeof parse>['values'];

const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true });

export const changes = ['cancel', 'pause', 'resume', 'retry'] as const;
export type Change = (typeof changes)[number];

export type Wanted =
  | { readonly what: 'help'; readonly values: Values }
  | { readonly what: 'request'; readonly from: string | undefined; readonly values: Values }
  | { readonly what: 'status' | Change; readonly id: string; readonly values: Values };

const ofStatus: readonly (keyof typeof options)[] = ['watch', 'json', 'os-cloud', 'source-cloud'];

/** @throws UsageError */
export function readArguments(args: readonly string[]): Wanted {
  const { values, positionals } = parsed(args);
  if (values.help) return { what: 'help', values };
  const [first, id, ...rest] = positionals;
  const what = (['status', ...changes] as const).find((word) => word === first);
  if (what !== undefined && (id !== undefined || !/[./]/.test(first!))) {
    if (id === undefined || rest.length > 0) throw new UsageError(`${what} takes the id of one bulk import`);
    if (!/^[0-9a-f-]{36}$/i.test(id)) throw new UsageError(`${id} is no id of a bulk import`);
    const strange = Object.keys(values).find((name) => !ofStatus.some((known) => known === name));
    if (strange !== undefined) throw new UsageError(`--${strange} is for a new bulk import`);
    return { what, id, values };
  }
  if (id !== undefined) throw new UsageError('there is more than one FILE or URL');
  if (first === undefined && values['source-cloud'] === undefined) throw new UsageError('there is no FILE or URL');
  return { what: 'request', from: first, values };
}

function parsed(args: readonly string[]) {
  try {
    return parse(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0] : String(error), { cause: error });
  }
}
