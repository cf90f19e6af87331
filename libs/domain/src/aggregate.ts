/** A fact as a rule states it: its type and what changed. Sizes are decimal strings, exact and canonical (RFC 8785). */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/**
 * What an aggregate is: two pure functions over its state (the decider pattern).
 * Ids and times come in with the command; nothing here reads a clock or makes a random number.
 */
export interface Aggregate<State, Command extends { readonly at: Date }, Event extends DomainEvent> {
  /** First part of its streams' names: `<name>-<id>`. */
  readonly name: string;
  readonly initial: State;
  /** What the command changes. @throws DomainError when a rule forbids it */
  decide(command: Command, state: State): readonly Event[];
  /** The state after the event, which happened `at`. */
  evolve(state: State, event: Event, at: Date): State;
  /** The schema version that new events of each type are stored with. */
  readonly schemaVersions: Readonly<Record<Event['type'], number>>;
  /** Turns a stored event of any version into today's shape. */
  upcast(type: string, schemaVersion: number, data: object): Event;
}

/** The end of a switch that must name every case. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
