import { randomUUID } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { BulkCatalog, type CatalogBulkItem } from '#catalog';
import { assertMayOnBulkImport, DomainError, type BulkImportCommand } from '#domain';
import { VersionConflict } from '#event-store';
import { BulkImports, Images, ImportCredentials } from '#platform';
import type { Call } from '../http/caller.js';

export type BulkImportChange = 'pause' | 'resume' | 'cancel' | 'retry-failed';

/** What its owner does to a bulk import that there is. */
export class ChangeBulkImport extends Command<void> {
  constructor(
    readonly id: string,
    readonly change: BulkImportChange,
    readonly call: Call,
    /** for the other image service, of items that come from one: that of the request is forgotten when an item ends */
    readonly token?: string,
  ) {
    super();
  }
}

const page = 1000;
const atOnce = 32;

@CommandHandler(ChangeBulkImport)
export class ChangeBulkImportHandler implements ICommandHandler<ChangeBulkImport> {
  constructor(
    @Inject(BulkImports) private readonly bulkImports: BulkImports,
    @Inject(Images) private readonly images: Images,
    @Inject(ImportCredentials) private readonly credentials: ImportCredentials,
    @Inject(BulkCatalog) private readonly catalog: BulkCatalog,
  ) {}

  async execute({ id, change, call, token }: ChangeBulkImport): Promise<void> {
    const common = { actor: call.actor, at: new Date() };
    const run = (command: BulkImportCommand) => this.bulkImports.execute(id, command, call.cause);
    if (change === 'pause') await run({ type: 'PauseBulkImport', ...common });
    else if (change === 'resume') await run({ type: 'ResumeBulkImport', ...common });
    else if (change === 'cancel') await run({ type: 'CancelBulkImport', reason: 'it was cancelled', ...common });
    else await this.retry(id, call, token);
  }

  /** Items first, so that it is not found at its end before they are asked for; but what is cancelled gives up what waits. */
  private async retry(id: string, call: Call, token: string | undefined): Promise<void> {
    const run = (items: number) =>
      this.bulkImports.execute(
        id,
        { type: 'RetryBulkImport', items, actor: call.actor, at: new Date() },
        { ...call.cause },
      );
    const wasCancelled = (await this.bulkImports.load(id)).state?.status === 'cancelled';
    if (wasCancelled) {
      const counts = (await this.catalog.find(id))?.counts;
      await run((counts?.failed ?? 0) + (counts?.cancelled ?? 0));
    }
    // Also those that a request that crashed has asked for: they wait until the bulk import runs.
    const items = await this.repeat(id, call, token);
    const { state } = await this.bulkImports.load(id);
    if (items > 0 && !(wasCancelled && state?.status === 'running')) await run(items);
  }

  /** Asks for all items again that failed or were cancelled; how many wait then. */
  private async repeat(id: string, call: Call, token: string | undefined): Promise<number> {
    const { state } = await this.bulkImports.load(id);
    if (!state) throw new DomainError('bulk-import-not-found', { id });
    assertMayOnBulkImport('retry', call.actor, state);
    if (state.status === 'requested') return 1;
    for (const status of ['failed', 'cancelled'] as const) {
      for (let after = 0; ;) {
        const items = await this.catalog.items(id, { status, after, limit: page });
        const left = items.values();
        const work = async () => {
          for (const item of left) await this.repeatOne(item, id, call, token);
        };
        await Promise.all(Array.from({ length: atOnce }, work));
        if (items.length < page) break;
        after = items.at(-1)!.line;
      }
    }
    return (await this.catalog.find(id))?.counts.waiting ?? 0;
  }

  /** One whose image was deleted or filled meanwhile stays as it is. */
  private async repeatOne(
    { imageId }: CatalogBulkItem,
    batch: string,
    { actor, cause }: Call,
    token: string | undefined,
  ): Promise<void> {
    const task = randomUUID();
    const command = {
      type: 'RepeatImport',
      task,
      requestId: cause.requestId,
      actor,
      at: new Date(),
    } as const;
    try {
      const alongside = token === undefined ? [] : [await this.credentials.keepForAll([{ id: imageId, task }], token)];
      await this.images.execute(imageId, command, { ...cause, correlationId: batch }, undefined, alongside);
    } catch (error) {
      const isOver = error instanceof VersionConflict || (error instanceof DomainError && !error.is('quota-exceeded'));
      if (!isOver) throw error;
    }
  }
}
