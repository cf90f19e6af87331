import {
  countables,
  noUsage,
  type ImageStatus,
  type Location,
  type MemberStatus,
  type Usage,
  type Visibility,
} from '#domain';
import type { Database, Statement } from '#event-store';
import { imageListStatement, type ImageListQuery } from './image-list.query.js';
import { StatementNames } from '../statement-names.js';

/** One page of a list: the images as JSON texts, comma-joined. */
export interface ImagePage {
  readonly documents: string;
  readonly count: number;
  /** id of the last image, the next page's marker */
  readonly last: string | null;
}

/** One image as a caller meets it: its document, and what decides whether he may see it. */
export interface CatalogImage {
  readonly id: string;
  readonly version: number;
  readonly document: string;
  readonly status: ImageStatus;
  readonly owner: string | null;
  readonly visibility: Visibility;
  /** the caller's project is a member, whatever the status */
  readonly invited: boolean;
}

/** What a download needs to know. */
export interface CatalogImageData extends CatalogImage {
  /** bytes; null before there is data */
  readonly size: bigint | null;
  /** md5 in lower-case hex */
  readonly checksum: string | null;
  readonly locations: readonly Location[];
}

export interface CatalogMember {
  readonly imageId: string;
  readonly member: string;
  readonly status: MemberStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Answers from the read models; one statement a question. */
export class ImageCatalog {
  private readonly listNames = new StatementNames('list');

  constructor(private readonly database: Database) {}

  /** undefined when the marker is no image that the viewer may see */
  async list(query: ImageListQuery): Promise<ImagePage | undefined> {
    const statement = imageListStatement(query);
    const [row] = await this.database.query<ImagePage & { marker_found: boolean }>({
      ...statement,
      name: this.listNames.of(statement.text),
    });
    return row!.marker_found ? row : undefined;
  }

  async find(id: string, projectId: string | null): Promise<CatalogImage | undefined> {
    const [row] = await this.database.query<CatalogImage>(findImageStatement(id, projectId));
    return row;
  }

  async findData(id: string, projectId: string | null): Promise<CatalogImageData | undefined> {
    const [row] = await this.database.query<Omit<CatalogImageData, 'size'> & { size: string | null }>({
      name: 'find-image-data',
      text: `select id, version::int, document, status, owner, visibility, ${invited}, size, checksum,
               coalesce((select ${locationsOf} from catalog.blobs where image_id = $1 and state = 'live'), '[]') as locations
             from catalog.images where id = $1`,
      values: [id, projectId],
    });
    return row && { ...row, size: row.size === null ? null : BigInt(row.size) };
  }

  /** Where the data of each of the images lies; those that have none are left out. */
  async locations(imageIds: readonly string[]): Promise<ReadonlyMap<string, readonly Location[]>> {
    const rows = await this.database.query<{ id: string; locations: Location[] }>({
      name: 'locations',
      // served by blobs_pkey
      text: `select image_id as id, ${locationsOf} as locations
             from catalog.blobs where image_id = any($1) and state = 'live' group by image_id`,
      values: [imageIds],
    });
    return new Map(rows.map(({ id, locations }) => [id, locations]));
  }

  /** What the project uses now, with the bytes that are announced. */
  async usage(project: string): Promise<Usage> {
    const [row] = await this.database.query<Record<keyof Usage, string>>({
      name: 'usage',
      // served by usage_pkey
      text: 'select images, uploading, size, staging from catalog.usage where project = $1',
      values: [project],
    });
    if (!row) return noUsage;
    return Object.fromEntries(countables.map((what) => [what, BigInt(row[what])])) as Usage;
  }

  /** Every member of the image, or the one asked for. */
  async members(imageId: string, member?: string): Promise<CatalogMember[]> {
    return this.database.query<CatalogMemberRow>({
      name: 'members',
      // served by members_pkey
      text: `select image_id as "imageId", member, status, created_at as "createdAt", updated_at as "updatedAt"
             from catalog.members where image_id = $1 and ($2::text is null or member = $2) order by created_at, member`,
      values: [imageId, member ?? null],
    });
  }
}

type CatalogMemberRow = { -readonly [Name in keyof CatalogMember]: CatalogMember[Name] };

/** In their order; blobs from before they had one by their age. */
const locationsOf = `json_agg(json_build_object('store', store, 'key', key, 'metadata', metadata) order by place, since)`;

const invited = 'exists (select from catalog.members where image_id = $1 and member = $2) as invited';

/** One image and whether the project is invited to it; answers a CatalogImage. */
export function findImageStatement(id: string, projectId: string | null): Statement {
  return {
    name: 'find-image',
    // served by images_pkey and members_pkey
    text: `select id, version::int, document, status, owner, visibility, ${invited} from catalog.images where id = $1`,
    values: [id, projectId],
  };
}
