/** Who made a change, as it is kept for ever: ids and roles, never names or tokens. */
export interface RecordedActor {
  readonly user_id: string;
  readonly project_id: string | null;
  readonly roles: readonly string[];
}

/** Where a change came from. */
export interface EventContext {
  readonly actor: RecordedActor;
  /** the project whose rights were used */
  readonly projectId: string | null;
  readonly requestId: string | null;
  /** event id of the event that led to this one */
  readonly causationId: string | null;
  /** what belongs together: an import's task, a bulk import's id */
  readonly correlationId: string | null;
  readonly recordedAt: Date;
}

/** An event on its way into the log. */
export interface NewEvent extends EventContext {
  readonly streamId: string;
  /** 1 for the first of its stream. States the expected version: the stream must be at `version - 1`. */
  readonly version: number;
  readonly eventId: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** plain JSON; integers beyond 2^53 as decimal strings */
  readonly payload: object;
}

/** An event in the log. */
export interface RecordedEvent extends NewEvent {
  /** 1, 2, 3 … without a gap, in commit order */
  readonly position: bigint;
  /** lower-case hex of 32 bytes */
  readonly prevHash: string;
  readonly hash: string;
}
