import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Config } from '#config';
import { DomainError, type BlobRef, type DataReport, type Image } from '#domain';
import { ingest } from '#image-data';
import type { ObjectStore } from '#object-store';
import { CONFIG, Images, LOGGER, Quotas, SharedBlobs, Stores, type Logger } from '#platform';
import type { Call } from '../http/caller.js';
import { Fault } from '../http/fault.js';
import { Metrics } from '../http/metrics.js';
import { toFault } from '../http/to-fault.js';
import { RunningTransfers } from './running-transfers.js';
import { UploadLeases } from './upload-leases.js';

/** Bytes from a client: `upload` makes the image active, `stage` keeps them for an import. */
export class ReceiveData extends Command<void> {
  constructor(
    readonly imageId: string,
    readonly kind: 'upload' | 'stage',
    readonly source: Readable,
    /** bytes that the client announced */
    readonly expectedSize: bigint | undefined,
    /** undefined: the default one */
    readonly storeName: string | undefined,
    readonly call: Call,
  ) {
    super();
  }
}

/** Trip 3, bytes in: claim the image, `ingest` into a store under the attempt's own key, tell the end. */
@CommandHandler(ReceiveData)
export class ReceiveDataHandler implements ICommandHandler<ReceiveData> {
  constructor(
    @Inject(Images) private readonly images: Images,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(SharedBlobs) private readonly shared: SharedBlobs,
    @Inject(RunningTransfers) private readonly transfers: RunningTransfers,
    @Inject(UploadLeases) private readonly leases: UploadLeases,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(request: ReceiveData): Promise<void> {
    const { imageId, kind, expectedSize: size, call } = request;
    const store = this.storeFor(request);
    const attempt = randomUUID();
    const key = `${imageId}/${attempt}`;
    const blob = { store: store.name, key };
    const started = { type: 'StartUpload', attempt, kind, ...blob, size, actor: call.actor } as const;
    const command = { ...started, at: new Date() };
    const { state } = await this.images.execute(imageId, command, call.cause, call.expected);
    const transfer = this.transfers.begin();
    const endLease = this.leases.hold(imageId, attempt, transfer);
    try {
      const found = await this.store(request, state!, store, key, transfer.signal);
      await this.complete(request, blob, attempt, state!.owner, found);
    } catch (error) {
      const reason: unknown = transfer.signal.aborted ? transfer.signal.reason : error;
      await this.giveUp(request, blob, attempt, reason);
      throw reason;
    } finally {
      endLease();
      transfer.done();
    }
  }

  private async store(
    { source, expectedSize, kind }: ReceiveData,
    { owner, disk_format: diskFormat, container_format: containerFormat }: Image,
    store: ObjectStore,
    key: string,
    signal: AbortSignal,
  ): Promise<DataReport> {
    // Of what is staged the import is the judge: until then its formats may be set and changed.
    const admission =
      kind === 'upload' ? { diskFormat, containerFormat, requireMatch: this.config.requireFormatMatch } : undefined;
    const receive = async (sizeLimit: bigint) =>
      ingest(source, await store.create(key), { expectedSize, sizeLimit, signal, admission });
    const cap = this.config.imageSizeCap;
    const what = kind === 'upload' ? 'size' : 'staging';
    // What was announced is counted since the upload began.
    const found = await (expectedSize === undefined
      ? this.quotas.within({ project: owner, what, copies: 1, cap }, receive)
      : receive(cap));
    this.metrics.countBytes('in', found.size);
    return { ...found, virtualSize: found.virtualSize ?? null };
  }

  /** What was staged is nobody's data yet. */
  private async complete(
    { imageId, kind, call }: ReceiveData,
    blob: BlobRef,
    attempt: string,
    owner: string | null,
    found: DataReport,
  ): Promise<void> {
    const complete = (shared?: string) => {
      const completed = { type: 'CompleteUpload', attempt, found, shared, actor: call.actor, at: new Date() } as const;
      return this.images.execute(imageId, completed, call.cause);
    };
    await (kind === 'upload' ? this.shared.settle(blob, { ...found, owner }, complete) : complete());
  }

  /** Nothing of a failed attempt stays, and the reason is told; what cannot be done now the sweeper does later. */
  private async giveUp({ imageId, call }: ReceiveData, blob: BlobRef, attempt: string, error: unknown): Promise<void> {
    const reason = toFault(error)?.explanation ?? 'an unexpected error';
    const failed = { type: 'FailUpload', attempt, reason, actor: call.actor, at: new Date() } as const;
    try {
      const isImages = await this.images.execute(imageId, failed, call.cause).then(
        // An append whose answer was lost may have made it the image's.
        ({ state }) => state?.blobs.some((one) => one.key === blob.key && one.state !== 'doomed'),
        (refusal: unknown) => {
          if (!(refusal instanceof DomainError)) throw refusal;
        },
      );
      if (!isImages) await this.stores.get(blob.store).delete(blob.key);
    } catch (failure) {
      this.logger.warn({ err: failure, image: imageId, attempt }, 'left to the sweeper');
    }
  }

  private storeFor({ storeName }: ReceiveData): ObjectStore {
    if (storeName === undefined) return this.stores.default;
    const store = this.stores.find(storeName);
    if (!store) throw new Fault(400, `Store ${storeName} is not one of ${this.stores.names}.`);
    if (store.readOnly) throw new Fault(400, `Store ${storeName} takes no uploads.`);
    return store;
  }
}
