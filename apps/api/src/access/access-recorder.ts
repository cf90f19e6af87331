import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessLog, type AccessEntry, type AccessResult } from '#catalog';
import type { Config } from '#config';
import { DatabaseUnavailable } from '#event-store';
import { CONFIG, LOGGER, type Logger } from '#platform';
import { Metrics } from '../http/metrics.js';
import { isImageId } from '../images/image-id.js';
import { AccessBatch } from './access-batch.js';

/** So many are written at once, before it is time. */
const fullBatch = 1_000;
const refusals = { from: 401, to: 413 };
const downloadRoute = '/v2/images/:id/file';

/** What is known of a download when it begins. */
export interface Delivery {
  readonly imageId: string;
  readonly owner: string | null;
  readonly range: { readonly start: bigint; readonly end: bigint } | undefined;
}

/** A download under way. */
export interface RunningDownload {
  /** that were sent so far */
  bytes: bigint;
  end(result: Extract<AccessResult, 'complete' | 'aborted' | 'failed'>): void;
}

/**
 * Writes the access log off the path of requests: once an interval what came since, in one statement. A process that is killed
 * loses one interval at most, because a download that lasts longer has an entry of its beginning.
 */
@Injectable()
export class AccessRecorder implements OnApplicationShutdown {
  private readonly batch = new AccessBatch();
  /** of those that have no entry yet, what makes one */
  private readonly running = new Map<RunningDownload, () => void>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private toldDropped = 0;
  private isFailing = false;
  private isStopping = false;

  constructor(
    @Inject(AccessLog) private readonly log: AccessLog,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get isEnabled(): boolean {
    return this.config.accessLog.enabled;
  }

  /** An answer that is about to be sent, and is no data: a refusal, or a download that came to nothing. */
  answered(request: FastifyRequest, reply: FastifyReply): void {
    const { statusCode: status } = reply;
    if (status >= refusals.from && status <= refusals.to) {
      this.batch.addRefusal({ ...this.callOf(request), status, image_id: imageOf(request), ms: elapsed(reply) });
    } else if (request.method === 'GET' && request.routeOptions.url === downloadRoute) {
      const result = status < 400 ? 'complete' : 'failed';
      this.addDownload(request, reply, imageOf(request), null, { status, result, bytes: 0n });
    } else return;
    this.schedule();
  }

  began(request: FastifyRequest, reply: FastifyReply, { imageId, owner, range }: Delivery): RunningDownload {
    if (!this.isEnabled) return { bytes: 0n, end: () => undefined };
    const add = (result: AccessResult) => {
      const outcome = { status: range ? 206 : 200, result, bytes: download.bytes };
      this.addDownload(request, reply, imageId, owner, outcome, range);
    };
    const download: RunningDownload = {
      bytes: 0n,
      end: (result) => {
        this.running.delete(download);
        add(result);
        this.schedule();
      },
    };
    this.running.set(download, () => add('begun'));
    this.schedule();
    return download;
  }

  /** After the last transfer, and before the database is closed. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.flushing;
    this.tellBegun();
    await this.flush();
    const lost = this.batch.size;
    if (lost > 0) this.logger.error({ lost }, 'the access log has lost entries: the database was away at the end');
  }

  private schedule(): void {
    if (this.batch.size >= fullBatch && !this.isFailing) void this.flush();
    if (this.isStopping) return;
    this.timer ??= setTimeout(() => {
      // A flush that is still under way sets the next one, and only where none is set.
      this.timer = undefined;
      this.tellBegun();
      void this.flush();
    }, this.config.accessLog.flushMs);
  }

  /** One at a time: what comes meanwhile waits for the next one. */
  private flush(): Promise<void> {
    this.flushing ??= this.writeAll().finally(() => {
      this.flushing = undefined;
      if (this.batch.size > 0 || this.running.size > 0) this.schedule();
    });
    return this.flushing;
  }

  private async writeAll(): Promise<void> {
    const entries = this.batch.take();
    if (entries.length === 0) return;
    try {
      for (let n = 0; n < entries.length; n += fullBatch) await this.log.write(entries.slice(n, n + fullBatch));
      if (this.isFailing) this.logger.info({ entries: entries.length }, 'the access log is written again');
      this.isFailing = false;
    } catch (error) {
      this.failed(entries, error);
    }
    this.tellDropped();
  }

  /** What waits for a database that is away is written when it is back; what is refused would be refused again. */
  private failed(entries: readonly AccessEntry[], error: unknown): void {
    if (error instanceof DatabaseUnavailable) {
      this.batch.putBack(entries);
      if (!this.isFailing) this.logger.warn({ err: error }, 'the access log cannot be written; entries wait');
      this.isFailing = true;
      return;
    }
    this.batch.dropped += entries.reduce((sum, { count }) => sum + count, 0);
    this.logger.error({ err: error, entries: entries.length }, 'the access log did not take entries: they are lost');
  }

  private tellBegun(): void {
    for (const tell of this.running.values()) tell();
    this.running.clear();
  }

  private tellDropped(): void {
    const dropped = this.batch.dropped - this.toldDropped;
    if (dropped === 0) return;
    if (this.toldDropped === 0) this.logger.error({ dropped }, 'the access log has lost entries: no more can wait');
    this.toldDropped = this.batch.dropped;
    this.metrics.countLostAccesses(dropped);
  }

  /** One literal, because this is done for every download: spread together it costs as much as all the rest. */
  private addDownload(
    request: FastifyRequest,
    reply: FastifyReply,
    image_id: string | null,
    owner: string | null,
    { status, result, bytes }: Pick<AccessEntry, 'status' | 'result' | 'bytes'>,
    range?: Delivery['range'],
  ): void {
    const { operation, actor, project, request_id, address } = this.callOf(request);
    this.batch.add({
      id: randomUUID(),
      at: new Date(),
      kind: 'download',
      operation,
      status,
      result,
      image_id,
      owner,
      actor,
      project,
      request_id,
      address,
      range_first: range?.start ?? null,
      range_last: range?.end ?? null,
      bytes,
      ms: elapsed(reply),
      count: 1,
    });
  }

  private callOf(
    request: FastifyRequest,
  ): Pick<AccessEntry, 'operation' | 'actor' | 'project' | 'request_id' | 'address'> {
    return {
      operation: `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
      actor: request.caller?.userId ?? null,
      project: request.caller?.projectId ?? null,
      request_id: request.id,
      address: this.config.accessLog.addresses ? request.ip : null,
    };
  }
}

const elapsed = (reply: FastifyReply) => Math.round(reply.elapsedTime);

function imageOf({ params, routeOptions: { url = '' } }: FastifyRequest): string | null {
  if (!/^\/(v2|vitrine\/v1)\/images\/:id/.test(url)) return null;
  const { id } = params as { id?: unknown };
  return isImageId(id) ? id.toLowerCase() : null;
}
