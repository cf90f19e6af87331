import {
  bulkImportAggregate,
  imageAggregate,
  metadefAggregate,
  type Actor,
  type BulkImportCommand,
  type BulkImportEvent,
  type BulkImportState,
  type ImageAttributes,
  type ImageCommand,
  type ImageEvent,
  type ImageState,
  type MemberStatus,
  type MetadefCommand,
  type MetadefEvent,
  type MetadefState,
  type ProjectQuotas,
} from '#domain';
import { CommandRunner, Database, EventStore, type AggregateChange } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { BulkImportProjection } from './bulk/bulk-import.projection.js';
import { BulkItemProjection } from './bulk/bulk-item.projection.js';
import { ImageCatalog } from './images/image-catalog.js';
import { ImageCatalogProjection } from './images/image-catalog.projection.js';
import { MetadefCatalogProjection } from './metadefs/metadef-catalog.projection.js';
import { TaskCatalog } from './tasks/task-catalog.js';
import { TaskProjection } from './tasks/task.projection.js';
import { UsageProjection } from './images/usage.projection.js';
import { WorkQueue } from './images/work-queue.js';

const actor = (userId: string, projectId: string | null, ...roles: string[]): Actor => ({ userId, projectId, roles });
export const admin = actor('admin', 'admin', 'admin', 'member', 'reader');
export const system = actor('vitrine', null, 'system');

export const leaseSeconds = 60;
export const weights = { local: 1, ceph: 5 };
export const exactSize = 2n ** 63n - 1n;
export const found = { size: 4n, md5: 'm', sha512: 's', virtualSize: 4n, format: 'raw' };

type Short<C> = C extends ImageCommand
  ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor; readonly at?: Date }
  : never;
export type ShortCommand = Short<ImageCommand>;

/** A command by an admin, now, unless it says otherwise. */
export const by = (command: ShortCommand): ImageCommand => ({ actor: admin, at: new Date(), ...command });

/** A log in a database: somebody's, or one that was made for it and goes with it. */
export class TestLog {
  readonly url: string;
  readonly database: Database;
  readonly store: EventStore;
  private readonly own: TestDatabase | undefined;

  constructor(where: string | TestDatabase) {
    this.own = typeof where === 'string' ? undefined : where;
    this.url = typeof where === 'string' ? where : where.url;
    this.database = new Database({ url: this.url, poolSize: 12 });
    this.store = new EventStore(this.database);
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.own?.drop();
  }
}

/** The service's write side and read side on one database, with nothing in between. */
export class TestCatalog extends TestLog {
  readonly images: CommandRunner<ImageState, ImageCommand, ImageEvent>;
  readonly metadefs: CommandRunner<MetadefState, MetadefCommand, MetadefEvent>;
  readonly bulkImports: CommandRunner<BulkImportState, BulkImportCommand, BulkImportEvent>;
  readonly catalog: ImageCatalog;
  readonly tasks: TaskCatalog;
  readonly work: WorkQueue;

  constructor(where: string | TestDatabase, quotas?: ProjectQuotas) {
    super(where);
    const projection = new ImageCatalogProjection({ weights, leaseSeconds });
    this.images = new CommandRunner(this.store, imageAggregate(), [
      projection,
      new TaskProjection(),
      new BulkItemProjection(),
      new UsageProjection(quotas),
    ]);
    this.metadefs = new CommandRunner(this.store, metadefAggregate, [new MetadefCatalogProjection()]);
    this.bulkImports = new CommandRunner(this.store, bulkImportAggregate, [new BulkImportProjection()]);
    this.catalog = new ImageCatalog(this.database);
    this.tasks = new TaskCatalog(this.database);
    this.work = new WorkQueue(this.database, leaseSeconds);
  }

  /** On a database of its own. */
  static async create(): Promise<TestCatalog> {
    return new TestCatalog(await createTestDatabase());
  }

  /** One command after the other; what the last one did. @throws DomainError when a rule refuses */
  async run(id: string, ...commands: readonly ShortCommand[]): Promise<AggregateChange<ImageState>> {
    let change: AggregateChange<ImageState> | undefined;
    for (const command of commands.map(by)) {
      change = await this.images.run(id, command, contextOf(command));
    }
    return change!;
  }

  /** Images that begin, in one append. */
  async runNew(...commands: readonly (readonly [id: string, command: ShortCommand])[]): Promise<void> {
    const timed = commands.map(([id, command]) => ({ id, command: by(command) }));
    await this.images.runNew(timed, contextOf(timed[0]!.command));
  }

  /** Every row of the tables, or those of one image, in the order of their keys. */
  async rows(id: string | null = null): Promise<CatalogRows> {
    const read = (text: string) => this.database.query({ text, values: [id] });
    const [images, labels, members, blobs, work, tasks, items] = await Promise.all([
      read('select * from catalog.images where $1::uuid is null or id = $1 order by id'),
      read('select * from catalog.labels where $1::uuid is null or image_id = $1 order by image_id, label'),
      read('select * from catalog.members where $1::uuid is null or image_id = $1 order by image_id, member'),
      read('select * from catalog.blobs where $1::uuid is null or image_id = $1 order by image_id, store, key'),
      read('select * from catalog.work where $1::uuid is null or image_id = $1 order by image_id'),
      read('select * from catalog.tasks where $1::uuid is null or image_id = $1 order by image_id, created_at, id'),
      read('select * from catalog.bulk_items where $1::uuid is null or image_id = $1 order by image_id'),
    ]);
    return { images, labels, members, blobs, work, tasks, items };
  }

  /** What every project uses; one that uses nothing any more may still have a row. */
  usage(): Promise<object[]> {
    return this.database.query({
      text: `select * from catalog.usage where (images, uploading, size, staging) <> (0, 0, 0, 0) order by project`,
      values: [],
    });
  }
}

function contextOf({ actor: { userId, projectId, roles } }: ImageCommand) {
  const actor = { user_id: userId, project_id: projectId, roles };
  return { actor, projectId, requestId: null, causationId: null, correlationId: null };
}

export interface CatalogRows {
  readonly images: object[];
  readonly labels: object[];
  readonly members: object[];
  readonly blobs: object[];
  readonly work: object[];
  readonly tasks: object[];
  readonly items: object[];
}

export const create = (
  id: string,
  attributes: Partial<ImageAttributes> & Record<string, unknown> = {},
  at?: Date,
): ShortCommand => ({
  type: 'CreateImage',
  id,
  attributes: { disk_format: 'raw', container_format: 'bare', ...attributes },
  ...(at && { at }),
});
export const change = (attribute: string, value: unknown, at?: Date): ShortCommand => ({
  type: 'ChangeImage',
  changes: [{ op: 'replace', attribute, value }],
  ...(at && { at }),
});
export const startUpload = (id: string, attempt = 'a1', kind: 'upload' | 'stage' = 'upload'): ShortCommand => ({
  type: 'StartUpload',
  attempt,
  kind,
  store: 'local',
  key: `${id}/${attempt}`,
});
export const completeUpload = (data: Partial<typeof found> = {}, attempt = 'a1'): ShortCommand => ({
  type: 'CompleteUpload',
  attempt,
  found: { ...found, ...data },
});
export const requestDownload = (task = 't1', stores: readonly string[] = ['local']): ShortCommand => ({
  type: 'RequestImport',
  task,
  requestId: 'req-1',
  method: { name: 'web-download', uri: 'https://example.org/disk.raw' },
  stores,
  everywhere: false,
  allMustSucceed: true,
});
/** Of bulk import `batch`, which need not be there. */
export const importItem = (
  id: string,
  attributes: Record<string, unknown> = {},
  { batch = '00000000-0000-4000-8000-000000000009', line = 1 } = {},
): ShortCommand => ({
  ...{ type: 'ImportItem', id, task: 't0', requestId: 'req-1' },
  attributes: { disk_format: 'raw', ...attributes },
  ...{ uri: 'https://example.org/disk.raw', stores: ['local'] },
  bulk: { batch, line, mirrors: [], checksum: null, attempts: 3 },
});
export const startImport = (id: string, attempt = 1, task = 't1'): ShortCommand => ({
  type: 'StartImport',
  actor: system,
  task,
  attempt,
  worker: 'w1',
  key: `${id}/${task}-${attempt}`,
});
/** The project becomes a member and answers. */
export const invite = (member: string, status: MemberStatus): ShortCommand[] => [
  { type: 'AddMember', member },
  { type: 'SetMemberStatus', member, status },
];

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
