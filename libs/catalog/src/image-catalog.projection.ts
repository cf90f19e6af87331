import type { Image, ImageState } from '#domain';
import { liveImport, usageOf } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { imageDocument, type StoreWeights } from './image-document.js';
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

  private image(id: string, image: Image, version: number): Statement[] {
    if (image.status === 'deleted') return [{ ...this.sql.deleteImage, values: [id] }];
    const used = usageOf(image);
    const values = [
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
    return [{ ...(version === 1 ? this.sql.insertImage : this.sql.upsertImage), values }];
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
    return [{ ...this.sql.upsertWork, values: [id, is.kind, is.attempt, is.claims, is.state, is.notBefore, lease] }];
  }
}

/** Changes only when the holder does: a new row is a new lease, which a rename must not give. */
function workOf(image: Image) {
  const { upload, blobs } = image;
  if (upload) {
    const { since } = blobs.find(({ state }) => state === 'writing')!;
    return { kind: upload.kind, attempt: upload.attempt, claims: 1, state: 'running', notBefore: since };
  }
  const wanted = liveImport(image);
  if (!wanted) return undefined;
  const { task, attempt, state, notBefore } = wanted;
  return { kind: 'import', attempt: task, claims: attempt, state, notBefore };
}

function statements(schema: string) {
  const columns = [
    ...['id', 'version', 'status', 'visibility', 'owner', 'name', 'protected', 'os_hidden', 'min_disk', 'min_ram'],
    ...['container_format', 'disk_format', 'size', 'virtual_size', 'checksum', 'os_hash_value'],
    ...['created_at', 'updated_at', 'tags', 'properties', 'document', 'uploading', 'used_size', 'used_staging'],
  ];
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
    deleteWork: named('delete-work', `delete from ${schema}.work where image_id = $1`),
    upsertWork: named(
      'upsert-work',
      `insert into ${schema}.work (image_id, kind, attempt, claims, state, not_before, lease_until)
       values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
       on conflict (image_id) do update set kind = excluded.kind, attempt = excluded.attempt, claims = excluded.claims,
         state = excluded.state, not_before = excluded.not_before, lease_until = excluded.lease_until`,
    ),
  };
}
