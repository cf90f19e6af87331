import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { assertMay, mayOn, type Actor } from '#domain';
import type { Config } from '#config';
import { EventStore, proveInclusion, Seals, type RecordedEvent } from '#event-store';
import { CONFIG, Images } from '#platform';
import { EventViews } from '../history/event-views.js';
import { parsePosition } from '../history/history-params.js';
import { isAbout } from '../history/show-history.handler.js';
import { Fault, imageNotFound } from '../http/fault.js';

/** The proof that one event of an image is in the log, as JSON text. */
export class ShowProof extends Query<string> {
  constructor(
    readonly imageId: string,
    readonly position: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowProof)
export class ShowProofHandler implements IQueryHandler<ShowProof> {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Images) private readonly images: Images,
    @Inject(EventViews) private readonly views: EventViews,
    @Inject(Seals) private readonly seals: Seals,
    @Inject(CONFIG) private readonly config: Pick<Config, 'seal'>,
  ) {}

  async execute({ imageId, position: text, actor }: ShowProof): Promise<string> {
    const position = parsePosition('position', text);
    const stream = await this.store.readStream(this.images.streamOf(imageId));
    const { state: now } = this.images.fold(imageId, stream);
    if (!now) throw imageNotFound(imageId);
    assertMay('read own invitations to', actor, now);
    const event = stream.find((one) => one.position === position);
    if (!event || !(mayOn('read history of', actor, now) || isAbout(event, actor))) {
      throw new Fault(404, `Image ${imageId} has no event at position ${position}.`);
    }
    this.assertWhole(stream, event, actor);
    const seal = await this.seals.covering(position);
    if (!seal) throw this.notYet();
    const { checkpoint } = seal;
    return JSON.stringify(proveInclusion(event, checkpoint, await this.seals.leaves(checkpoint)));
  }

  /** A proof holds all that the hash covers, and nothing can be left out of it. */
  private assertWhole(stream: readonly RecordedEvent[], event: RecordedEvent, actor: Actor): void {
    const [[, view] = []] = this.views.told(stream, new Set([event.position]), actor);
    if (JSON.stringify(view?.data) === JSON.stringify(event.payload)) return;
    throw new Fault(403, 'Parts of this event are not yours to read, and a proof of it would hold them.');
  }

  private notYet(): Fault {
    const { seconds } = this.config.seal;
    const explanation = `This event is not sealed yet. Where the log is sealed, that takes at most ${seconds} s, or somewhat more.`;
    return new Fault(409, explanation, { 'retry-after': String(seconds) });
  }
}
