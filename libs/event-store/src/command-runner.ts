import { randomUUID } from 'node:crypto';
import type { Aggregate, DomainEvent } from '#domain';
import type { Statement } from './database.js';
import { UnexpectedVersion, VersionConflict } from './errors.js';
import type { EventContext, NewEvent, RecordedEvent } from './event.js';
import type { EventStore } from './event-store.js';

/** A stream's state at one version. */
export interface Versioned<State> {
  readonly id: string;
  readonly state: State;
  /** 0 when nothing has happened */
  readonly version: number;
}

/** What a command did to one aggregate. */
export interface AggregateChange<State> extends Versioned<State> {
  readonly before: State;
}

/** A read model that is written in the append's own transaction, from the state that the events led to. */
export interface InlineProjection<State> {
  project(change: AggregateChange<State>): readonly Statement[];
  /** The same for many streams that begin, in few statements. */
  projectNew?(changes: readonly AggregateChange<State>[]): readonly Statement[];
  /** What a failure of its statements means, when they can refuse a change; undefined for any other failure. */
  refusal?(error: unknown): Error | undefined;
}

type Context = Omit<EventContext, 'recordedAt'>;

/** Versions of a stream, of which it is to be at one. */
export type Expected = readonly number[];

/** Loads a stream, folds it, decides, appends: the one way in which an aggregate changes. */
export class CommandRunner<State, Command extends { readonly at: Date }, Event extends DomainEvent> {
  constructor(
    private readonly store: EventStore,
    private readonly aggregate: Aggregate<State, Command, Event>,
    private readonly projections: readonly InlineProjection<State>[],
  ) {}

  streamOf(id: string): string {
    return `${this.aggregate.name}-${id}`;
  }

  async load(id: string): Promise<Versioned<State>> {
    return this.fold(id, await this.store.readStream(this.streamOf(id)));
  }

  /** The state after the given events of one stream. */
  fold(id: string, events: readonly RecordedEvent[]): Versioned<State> {
    const state = events.reduce((before, event) => this.evolve(before, event), this.aggregate.initial);
    return { id, state, version: events.at(-1)?.version ?? 0 };
  }

  evolve(state: State, event: RecordedEvent): State {
    const { type, schemaVersion, payload, recordedAt } = event;
    return this.aggregate.evolve(state, this.aggregate.upcast(type, schemaVersion, payload), recordedAt);
  }

  /**
   * A conflict is tried once more on the new state; the second one is the caller's. With `expected`, nothing happens
   * unless the stream is at one of these versions; a command that is refused at any version says so first. `alongside`:
   * statements for the append's own transaction, after those of the projections; not run when nothing is appended.
   * @throws DomainError when a rule refuses, UnexpectedVersion, VersionConflict when others were quicker twice
   */
  async run(
    id: string,
    command: Command,
    context: Context,
    expected?: Expected,
    alongside: readonly Statement[] = [],
  ): Promise<AggregateChange<State>> {
    try {
      return await this.runOnce(id, command, context, expected, alongside);
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      return await this.runOnce(id, command, context, expected, alongside);
    }
  }

  /**
   * Commands on streams that have not begun: all of them or none, in one transaction, with the statements `alongside`.
   * @throws DomainError when a rule refuses, VersionConflict when one of the streams has begun
   */
  async runNew(
    commands: readonly { readonly id: string; readonly command: Command }[],
    context: Context,
    alongside: readonly Statement[] = [],
  ): Promise<readonly AggregateChange<State>[]> {
    const decided = commands.map(({ id, command }) => this.decided(id, command, this.aggregate.initial, 0));
    const changes = decided.map(({ change }) => change);
    try {
      await this.store.append(
        decided.flatMap(({ change: { id }, events }, index) =>
          events.map((event, nth) => this.newEvent(id, nth + 1, event, commands[index]!.command, context)),
        ),
        [
          ...this.projections.flatMap(
            (projection) => projection.projectNew?.(changes) ?? changes.flatMap((change) => projection.project(change)),
          ),
          ...alongside,
        ],
      );
    } catch (error) {
      throw this.refusal(error) ?? error;
    }
    return changes;
  }

  private decided(id: string, command: Command, before: State, version: number) {
    const events = this.aggregate.decide(command, before);
    const state = events.reduce((now, event) => this.aggregate.evolve(now, event, command.at), before);
    return { events, change: { id, before, state, version: version + events.length } };
  }

  private async runOnce(
    id: string,
    command: Command,
    context: Context,
    expected: Expected | undefined,
    alongside: readonly Statement[],
  ): Promise<AggregateChange<State>> {
    const { state: before, version } = await this.load(id);
    const { events: decided, change } = this.decided(id, command, before, version);
    if (expected?.includes(version) === false) throw new UnexpectedVersion(this.streamOf(id), version);
    if (decided.length === 0) return change;

    const events = decided.map((event, index) => this.newEvent(id, version + 1 + index, event, command, context));
    try {
      await this.store.append(events, [
        ...this.projections.flatMap((projection) => [...projection.project(change)]),
        ...alongside,
      ]);
    } catch (error) {
      throw await this.failure(error, id, version);
    }
    return change;
  }

  /** A projection that refuses what was decided on a state of the past has nothing to say: that is a conflict. */
  private async failure(error: unknown, id: string, version: number): Promise<unknown> {
    const refusal = this.refusal(error);
    if (!refusal) return error;
    const { version: now } = await this.load(id);
    return now === version ? refusal : new VersionConflict(this.streamOf(id), { cause: refusal });
  }

  private refusal(error: unknown): Error | undefined {
    return this.projections.map((projection) => projection.refusal?.(error)).find((one) => one !== undefined);
  }

  private newEvent(id: string, version: number, event: Event, command: Command, context: Context): NewEvent {
    const type = event.type as Event['type'];
    return {
      ...context,
      streamId: this.streamOf(id),
      version,
      eventId: randomUUID(),
      type,
      schemaVersion: this.aggregate.schemaVersions[type],
      recordedAt: command.at,
      payload: event.data,
    };
  }
}
