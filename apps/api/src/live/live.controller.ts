import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BulkCatalog, History, historyFilters } from '#catalog';
import { assertMayOnBulkImport, type Actor } from '#domain';
import { EventStore } from '#event-store';
import type { IdentityProvider } from '#identity';
import { EventTeller, LOGGER, type Logger } from '#platform';
import { visibleBulkImport } from '../bulk-imports/list-bulk-imports.handler.js';
import { EventViews } from '../history/event-views.js';
import { assertKnown, parseFilters, parsePosition } from '../history/history-params.js';
import { audienceOf } from '../history/audience.js';
import { tokensOf } from '../http/authentication.js';
import { actorOf, CurrentCall, type Call } from '../http/caller.js';
import { badRequest, Fault } from '../http/fault.js';
import { IDENTITY } from '../http/identity-provider.js';
import { searchOf } from '../http/search-of.js';
import { toFault } from '../http/to-fault.js';
import { isImageId } from '../images/image-id.js';
import { Bell } from './bell.js';
import { EventStream } from './event-stream.js';
import { LiveBatches } from './live-batches.js';
import { LiveLog } from './live-log.js';
import { LiveStreams } from './live-streams.js';
import { runWatch, type Watched } from './watch.js';
import { endMark, isOver, WatchedBatch } from './watched-batch.js';
import { WatchedLog } from './watched-log.js';

/** What a stream is to tell, found before its first byte. */
interface Opened {
  readonly watched: Watched;
  readonly from: bigint;
  /** Takes the caller's rights as they are now. @throws when they do not do */
  readonly allow: (actor: Actor) => void;
  readonly close: () => void;
}

/** Where a client goes on; `isEnd`: it has seen all that was to come. */
interface Resumption {
  readonly position: bigint;
  readonly isEnd: boolean;
}

/** The log, and bulk imports, told while they happen (docs/adr/0023). */
@Controller('/vitrine/v1/events/stream')
export class LiveController {
  constructor(
    @Inject(LiveLog) private readonly log: LiveLog,
    @Inject(LiveBatches) private readonly batches: LiveBatches,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(History) private readonly history: History,
    @Inject(BulkCatalog) private readonly catalog: BulkCatalog,
    @Inject(EventTeller) private readonly teller: EventTeller,
    @Inject(EventViews) private readonly views: EventViews,
    @Inject(IDENTITY) private readonly identity: IdentityProvider,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  async stream(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const params = new URLSearchParams(searchOf(request));
    const batch = params.get('batch');
    assertKnown(params, ['batch', 'last_event_id', ...(batch === null ? historyFilters : [])]);
    const resumption = resumptionOf(request, params);
    if (resumption) await this.assertReached(resumption.position);
    const place = this.streams.begin(actor.userId);
    const bell = new Bell();
    const stopWatching = this.log.watch(bell);
    let opened: Opened | undefined;
    try {
      opened =
        batch === null
          ? await this.openLog(params, actor, resumption)
          : await this.openBatch(batch, actor, resumption, bell);
      if (!opened) void reply.status(204).send();
      else await this.run(opened, bell, place.signal, request, reply);
    } finally {
      opened?.close();
      stopWatching();
      place.done();
    }
  }

  private async openLog(params: URLSearchParams, actor: Actor, resumption?: Resumption): Promise<Opened> {
    const { history, store, teller } = this;
    let reader = actor;
    const audience = audienceOf(actor, 'events');
    const watched = new WatchedLog({ history, store, teller }, parseFilters(params), audience, (told) =>
      this.views.view(told, reader),
    );
    const allow = (now: Actor) => {
      watched.audience = audienceOf(now, 'events');
      reader = now;
    };
    return { watched, from: resumption?.position ?? (await store.head()), allow, close: () => undefined };
  }

  /** undefined for a client that has seen its end: to be told 204 keeps an EventSource from coming again. */
  private async openBatch(
    id: string,
    actor: Actor,
    resumption: Resumption | undefined,
    bell: Bell,
  ): Promise<Opened | undefined> {
    if (!isImageId(id)) throw new Fault(404, `No bulk import found with ID ${id as string}.`);
    const found = await visibleBulkImport(this.catalog, id.toLowerCase(), actor);
    const { progress, stop } = this.batches.watch(found, bell);
    let reader = actor;
    const watched = new WatchedBatch(this.catalog, this.teller, progress, (told) => this.views.view(told, reader));
    const allow = (now: Actor) => {
      assertMayOnBulkImport('show', now, found);
      reader = now;
    };
    try {
      if (resumption?.isEnd && isOver(found) && (await watched.past(resumption.position)).events.length === 0) {
        stop();
        return undefined;
      }
    } catch (error) {
      stop();
      throw error;
    }
    return { watched, from: resumption?.position ?? found.position, allow, close: stop };
  }

  private async run(
    { watched, from, allow }: Opened,
    bell: Bell,
    stopping: AbortSignal,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const stream = EventStream.open(reply);
    const gone = new AbortController();
    const leave = (why: string) => {
      stream.end(why);
      gone.abort();
      bell.ring();
    };
    stream.onClose(() => leave('closed'));
    const stop = () => leave('the service stops');
    stopping.addEventListener('abort', stop);
    const check = async () => {
      const { token, serviceToken } = tokensOf(request.headers);
      const caller = await this.identity.authenticate(token, serviceToken);
      allow(actorOf(caller));
      const ends = caller.expiresAt.getTime();
      // A service's token makes an expired one good; whether it still does is asked at the next beat.
      return ends > Date.now() ? ends : Infinity;
    };
    try {
      await runWatch({ stream, watched, from, bell, signal: gone.signal, check }, this.log);
      leave('that was all');
    } catch (error) {
      const fault = toFault(error);
      if (!fault) this.logger.error({ err: error, request_id: request.id }, 'a live stream failed unexpectedly');
      leave(fault?.explanation ?? 'something went wrong');
    } finally {
      stopping.removeEventListener('abort', stop);
    }
  }

  private async assertReached(position: bigint): Promise<void> {
    const head = await this.store.head();
    if (position > head) throw badRequest(`The log ends at position ${head}: Last-Event-ID cannot be ${position}.`);
  }
}

/** @throws Fault 400 */
function resumptionOf({ headers }: FastifyRequest, params: URLSearchParams): Resumption | undefined {
  const header = headers['last-event-id'];
  const given = typeof header === 'string' && header !== '' ? header : params.get('last_event_id');
  if (given === null) return undefined;
  const isEnd = given.endsWith(endMark);
  return { position: parsePosition('Last-Event-ID', isEnd ? given.slice(0, -endMark.length) : given), isEnd };
}
