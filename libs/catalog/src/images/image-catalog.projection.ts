import type { Image, ImageState } from '#domain';
import { liveImport, usageOf } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { imageDocument, type StoreWeights } from './image-document.js';
import { insertRows } from '../insert-rows.js';
import { labelsOf } from './label.js';

export interface ImageCatalogOptions {
  readonly weights: StoreWeights;
  /** how long an upload or import may be silent before the sweeper ends it */
  readonly leaseSeconds: number;
  /** `catalog`, or the schema that a rebuild fills */
  readonly schema?: string;
}

/** Writes the rows of one image from its state: whatever the events were, the rows are a function of where they led. */
export class ImageCatalogProjection implements InlineProjection<ImageState> {
  private readonly sql: ReturnType<typeof statements>;

  constructor(private readonly options: ImageCatalogOptions) {
    this.sql = statements(options.schema ?? 'catalog');
  }

  project({ id, before, state, version }: AggregateChange<ImageState>): Statement[] {
    if (!state) return [];
    return [
      ...this.image(id, state, version),
      ...this.labels(id, before, state),
      ...(before?.members === state.members && state.status !== 'deleted' ? [] : this.members(id, before, state)),
      ...(before?.blobs === state.blobs ? [] : this.blobs(id, before, state)),
      ...this.work(id, before, state),
    ];
  }

  /** One statement a table, where the images have no data and no members yet. */
  projectNew(changes: readonly AggregateChange<ImageState>[]): Statement[] {
    const begun = changes.flatMap(({ id, state, version }) => (state ? [{ id, image: state, version }] : []));
    if (begun.some(({ image }) => image.blobs.length > 0 || Object.keys(image.members).length > 0)) {
      return changes.flatMap((change) => this.project(change));
    }
    const labels = begun.flatMap(({ id, image }) => labelsOf(image).map((label) => labelRow(id, image, label)));
    const work = begun.flatMap(({ id, image }) => workRow(id, workOf(image)));
    return [
      ...this.sql.insertImages(begun.map(({ id, image, version }) => this.imageRow(id, image, version))),
      ...this.sql.insertManyLabels(labels),
      ...this.sql.insertWork(work),
    ];
  }

  private imageRow(id: string, image: Image, version: number): Record<string, unknown> {
    const values = this.imageValues(id, image, version);
    const row = Object.fromEntries(imageColumns.map((column, index) => [column, values[index]]));
    return { ...row, properties: image.properties };
  }

  private image(id: string, image: Image, version: number): Statement[] {
    if (image.status === 'deleted') return [{ ...this.sql.deleteImage, values: [id] }];
    const values = this.imageValues(id, image, version);
    return [{ ...(version === 1 ? this.sql.insertImage : this.sql.upsertImage), values }];
  }

  /** In the order of `imageColumns`. */
  private imageValues(id: string, image: Image, version: number): unknown[] {
    const used = usageOf(image);
    return [
      id,
      version,
      image.status,
      image.visibility,
      image.owner,
      image.name,
      image.protected,
      image.os_hidden,
      image.min_disk,
      image.min_ram,
      image.container_format,
      image.disk_format,
      image.data?.size.toString() ?? null,
      image.data?.virtualSize?.toString() ?? null,
      image.data?.md5 ?? null,
      image.data?.sha512 ?? null,
      image.createdAt,
      image.updatedAt,
      image.tags,
      JSON.stringify(image.properties),
      imageDocument(image, this.options.weights),
      used.uploading > 0n,
      used.size.toString(),
      used.staging.toString(),
    ];
  }

  /** One row a tag and a property; rewritten when they change, or who lists the image. */
  private labels(id: string, before: ImageState, image: Image): Statement[] {
    const said = ['tags', 'properties', 'owner', 'visibility'] as const;
    const isDeleted = image.status === 'deleted';
    if (before && !isDeleted && said.every((field) => before[field] === image[field])) return [];
    const labels = isDeleted ? [] : labelsOf(image);
    const { owner, visibility, createdAt } = image;
    return [
      ...(before ? [{ ...this.sql.deleteLabels, values: [id] }] : []),
      ...(labels.length > 0 ? [{ ...this.sql.insertLabels, values: [id, labels, owner, visibility, createdAt] }] : []),
    ];
  }

  private members(id: string, before: ImageState, image: Image): Statement[] {
    const members = image.status === 'deleted' ? [] : Object.entries(image.members);
    const stale = before && Object.keys(before.members).length > 0;
    return [
      ...(stale ? [{ ...this.sql.deleteMembers, values: [id] }] : []),
      ...members.map(([member, { status, createdAt, updatedAt }]) => ({
        ...this.sql.insertMember,
        values: [id, member, status, createdAt, updatedAt],
      })),
    ];
  }

  private blobs(id: string, before: ImageState, image: Image): Statement[] {
    const stale = before && before.blobs.length > 0;
    return [
      ...(stale ? [{ ...this.sql.deleteBlobs, values: [id] }] : []),
      ...image.blobs.map(({ store, key, state, since, metadata = {} }, place) => ({
        ...this.sql.insertBlob,
        values: [id, store, key, state, since, place, JSON.stringify(metadata)],
      })),
    ];
  }

  private work(id: string, before: ImageState, image: Image): Statement[] {
    const [was, is] = [before && workOf(before), workOf(image)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    if (!is) return [{ ...this.sql.deleteWork, values: [id] }];
    const lease = is.state === 'running' ? this.options.leaseSeconds : null;
    const { kind, attempt, claims, state, notBefore, batch, line } = is;
    return [{ ...this.sql.upsertWork, values: [id, kind, attempt, claims, state, notBefore, lease, batch, line] }];
  }
}

function labelRow(id: string, { owner, visibility, createdAt }: Image, label: string) {
  const image = { image_owner: owner, image_visibility: visibility, image_created_at: createdAt };
  return { image_id: id, label, ...image };
}

/** Of what waits: nobody holds it. */
function workRow(id: string, work: ReturnType<typeof workOf>) {
  if (!work) return [];
  const { notBefore, batch, ...same } = work;
  return [{ image_id: id, ...same, not_before: notBefore, batch_id: batch, bytes: 0 }];
}

/** Changes only when the holder does: a new row is a new lease, which a rename must not give. */
function workOf(image: Image) {
  const { upload, blobs } = image;
  if (upload) {
    const { since } = blobs.find(({ state }) => state === 'writing')!;
    const none = { batch: null, line: null };
    return { kind: upload.kind, attempt: upload.attempt, claims: 1, state: 'running', notBefore: since, ...none };
  }
  const wanted = liveImport(image);
  if (!wanted) return undefined;
  const { task, attempt, state, notBefore, bulk } = wanted;
  const of = { batch: bulk?.batch ?? null, line: bulk?.line ?? null };
  return { kind: 'import', attempt: task, claims: attempt, state, notBefore, ...of };
}

const imageColumns = [
  ...['id', 'version', 'status', 'visibility', 'owner', 'name', 'protected', 'os_hidden', 'min_disk', 'min_ram'],
  ...['container_format', 'disk_format', 'size', 'virtual_size', 'checksum', 'os_hash_value'],
  ...['created_at', 'updated_at', 'tags', 'properties', 'document', 'uploading', 'used_size', 'used_staging'],
];
const labelColumns = ['image_id', 'label', 'image_owner', 'image_visibility', 'image_created_at'];
const workColumns = ['image_id', 'kind', 'attempt', 'claims', 'state', 'not_before', 'batch_id', 'line', 'bytes'];

function statements(schema: string) {
  const columns = imageColumns;
  const insertImage = `insert into ${schema}.images (${columns.join(', ')})
    values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`;
  const named = (name: string, text: string) => ({ name: `${schema}-${name}`, text });
  return {
    insertImage: named('insert-image', insertImage),
    upsertImage: named(
      'upsert-image',
      `${insertImage} on conflict (id) do update set
       ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    ),
    deleteImage: named('delete-image', `delete from ${schema}.images where id = $1`),
    deleteLabels: named('delete-labels', `delete from ${schema}.labels where image_id = $1`),
    insertLabels: named(
      'insert-labels',
      `insert into ${schema}.labels (image_id, label, image_owner, image_visibility, image_created_at)
       select $1, unnest($2::uuid[]), $3, $4, $5`,
    ),
    deleteMembers: named('delete-members', `delete from ${schema}.members where image_id = $1`),
    insertMember: named(
      'insert-member',
      `insert into ${schema}.members (image_id, member, status, created_at, updated_at) values ($1, $2, $3, $4, $5)`,
    ),
    deleteBlobs: named('delete-blobs', `delete from ${schema}.blobs where image_id = $1`),
    insertBlob: named(
      'insert-blob',
      `insert into ${schema}.blobs (image_id, store, key, state, since, place, metadata)
       values ($1, $2, $3, $4, $5, $6, $7)`,
    ),
    insertImages: insertRows(schema, 'images', imageColumns),
    insertManyLabels: insertRows(schema, 'labels', labelColumns),
    insertWork: insertRows(schema, 'work', workColumns),
    deleteWork: named('delete-work', `delete from ${schema}.work where image_id = $1`),
    upsertWork: named(
      'upsert-work',
      `insert into ${schema}.work (image_id, kind, attempt, claims, state, not_before, lease_until, batch_id, line)
       values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8, $9)
       on conflict (image_id) do update set kind = excluded.kind, attempt = excluded.attempt, claims = excluded.claims,
         state = excluded.state, not_before = excluded.not_before, lease_until = excluded.lease_until,
         batch_id = excluded.batch_id, line = excluded.line, queued_at = null, bytes = 0, bytes_total = null`,
    ),
  };
}
