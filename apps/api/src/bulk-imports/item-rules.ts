import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Config } from '#config';
import {
  checksumAlgorithms,
  DomainError,
  imageAggregate,
  type Actor,
  type Checksum,
  type DomainErrorCode,
  type ImageCommandOf,
} from '#domain';
import { ForbiddenSource, parseSource } from '#image-data';
import type { Stores } from '#platform';
import { faultOf } from '../http/domain-error-table.js';
import type { BulkRequest } from './bulk-request.js';
import type { GivenItem, Problem } from './given-items.js';

const text = z.string().min(1);
const digits = { md5: 32, sha256: 64, sha512: 128 } as const satisfies Record<Checksum['algorithm'], number>;
const checksum = text.transform((said, context): Checksum => {
  const [, name = '', hex = ''] = /^([a-z0-9]+):([0-9a-f]+)$/i.exec(said.trim()) ?? [];
  const algorithm = checksumAlgorithms.find((one) => one === name.toLowerCase());
  if (algorithm && hex.length === digits[algorithm]) return { algorithm, value: hex.toLowerCase() };
  context.addIssue('must be sha256:…, sha512:… or md5:… with all of its hexadecimal digits');
  return z.NEVER;
});

const item = z.strictObject({
  name: text,
  url: text.optional(),
  urls: z.array(text).min(1).max(16).optional(),
  checksum: checksum.optional(),
  disk_format: text,
  container_format: text.optional(),
  min_disk: z.number().optional(),
  min_ram: z.number().optional(),
  architecture: text.optional(),
  visibility: text.optional(),
  protected: z.boolean().optional(),
  owner: text.optional(),
  tags: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.string()).optional(),
  stores: z.array(text).min(1).optional(),
});
type Fields = z.infer<typeof item>;

/** An item that can be used: what is asked of its image. */
export interface Draft {
  readonly line: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** the first one and its mirrors */
  readonly urls: readonly [string, ...string[]];
  readonly checksum: Checksum | null;
  readonly stores: readonly string[];
  /** only of an item that another image service has: bytes as it tells them */
  readonly size?: number | null;
}

const attributeNames = new Set([
  'name',
  'owner',
  'visibility',
  'protected',
  'os_hidden',
  'min_disk',
  'min_ram',
  'tags',
]);
for (const name of ['container_format', 'disk_format', 'architecture']) attributeNames.add(name);

/** Judges items as the image's own rules do, all of them, before anything is made. */
export class ItemRules {
  private readonly image: ReturnType<typeof imageAggregate>;

  constructor(
    private readonly config: Pick<Config, 'imports' | 'imageLimits' | 'propertyProtections'>,
    private readonly stores: Stores,
    private readonly actor: Actor,
  ) {
    this.image = imageAggregate(config.imageLimits, config.propertyProtections);
  }

  /** A hundred at a time, so that other requests are not kept waiting. */
  async judge({
    items,
    defaults,
  }: Pick<BulkRequest, 'items' | 'defaults'>): Promise<{ drafts: Draft[]; problems: Problem[] }> {
    const drafts: Draft[] = [];
    const problems: Problem[] = [];
    for (const [index, given] of items.entries()) {
      if (index % 100 === 99) await setImmediate();
      const judged = this.judgeOne(given, defaults);
      if ('attributes' in judged) drafts.push(judged);
      else problems.push(...judged);
    }
    return { drafts, problems };
  }

  private judgeOne(given: GivenItem, defaults: BulkRequest['defaults']): Draft | Problem[] {
    const judged = this.judgeFields(given, defaults);
    if ('attributes' in judged || given.name === undefined) return judged;
    return judged.map((problem) => ({ ...problem, name: given.name! }));
  }

  private judgeFields({ line, fields, size }: GivenItem, defaults: BulkRequest['defaults']): Draft | Problem[] {
    const result = item.safeParse(withDefaults(fields, defaults));
    if (!result.success) {
      return result.error.issues.map(({ path, message, code }) => {
        const unknown = code === 'unrecognized_keys';
        return { line, field: path.join('.') || null, problem: unknown ? message.replace('key', 'field') : message };
      });
    }
    const { url, urls = [], checksum: wanted = null, stores, ...rest } = result.data;
    const [first, ...mirrors] = [...new Set([...(url === undefined ? [] : [url]), ...urls])];
    const problem = (field: string | null, text: string): Problem[] => [{ line, field, problem: text }];
    if (first === undefined) return problem('url', 'there is neither url nor urls');
    const misplaced = Object.keys(rest.properties ?? {}).find((name) => attributeNames.has(name));
    if (misplaced !== undefined) return problem('properties', `${misplaced} is a field of its own, not a property`);
    const into = [...new Set(stores ?? [this.stores.default.name])];
    const unusable = into.find((name) => !this.stores.find(name) || this.stores.find(name)!.readOnly);
    if (unusable !== undefined) return problem('stores', `${unusable} is no store that takes data`);
    const draft: Draft = {
      line,
      attributes: attributesOf(rest),
      urls: [first, ...mirrors],
      checksum: wanted,
      stores: into,
      ...(size !== undefined && { size }),
    };
    try {
      for (const one of draft.urls) parseSource(one, this.config.imports);
      this.image.decide(itemCommand(draft, { ...trial, actor: this.actor }), this.image.initial);
      return draft;
    } catch (error) {
      if (error instanceof ForbiddenSource) return problem('url', error.message);
      if (error instanceof DomainError) return problem(fieldOf(error), faultOf(error).explanation);
      throw error;
    }
  }
}

/** An item's own properties are added to those of all. */
function withDefaults(fields: unknown, defaults: BulkRequest['defaults']): unknown {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return fields;
  const own = fields as Partial<Fields>;
  const properties = { ...(defaults.properties as object | undefined), ...own.properties };
  return { ...defaults, ...own, ...(Object.keys(properties).length > 0 && { properties }) };
}

function attributesOf({ properties, ...attributes }: Omit<Fields, 'url' | 'urls' | 'checksum' | 'stores'>) {
  return { ...attributes, ...properties };
}

function fieldOf<Code extends DomainErrorCode>(refusal: DomainError<Code>): string | null {
  const details: object = refusal.details;
  return 'attribute' in details && details.attribute !== '' ? String(details.attribute) : null;
}

const trial = { id: '', task: '', requestId: '', batch: '', attempts: 1, at: new Date(0) };

/** What makes the item's image and asks for its import. */
export function itemCommand(
  { line, attributes, urls: [uri, ...mirrors], checksum: wanted, stores, size }: Draft,
  of: Pick<ImageCommandOf<'ImportItem'>, 'id' | 'task' | 'requestId' | 'actor' | 'at'> & {
    readonly batch: string;
    readonly attempts: number;
  },
): ImageCommandOf<'ImportItem'> {
  const { batch, attempts, ...common } = of;
  const bulk = { batch, line, mirrors, checksum: wanted, attempts };
  const method = size === undefined ? {} : { method: 'image-service' as const };
  return { ...common, type: 'ImportItem', attributes, uri, ...method, stores, bulk };
}

/** The same with other addresses. */
export function withAddresses(
  command: ImageCommandOf<'ImportItem'>,
  other: (address: string) => string,
): ImageCommandOf<'ImportItem'> {
  const { uri, bulk } = command;
  return { ...command, uri: other(uri), bulk: { ...bulk, mirrors: bulk.mirrors.map(other) } };
}
