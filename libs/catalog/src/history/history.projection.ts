import { upcastImageEvent } from '#domain';
import type { RecordedEvent, Statement } from '#event-store';
import { imageOf } from '../telling/event-view.js';

/** Key of its checkpoint. */
export const historySubscription = 'history';

/** Runs one statement of a transaction that its caller began. */
export type Run = (statement: Statement) => Promise<readonly unknown[]>;

interface HistoryRow {
  readonly position: string;
  readonly clock: Date;
  readonly type: string;
  readonly actor: string;
  readonly project: string | null;
  readonly request_id: string | null;
  readonly image_id: string | null;
  owner: string | null;
  readonly member: string | null;
}

/** Writes the rows of the searchable history, event by event in the order of the log. */
export class HistoryProjection {
  /** `schema`: the one that a rebuild fills */
  constructor(private readonly schema = 'history') {}

  async project(events: readonly RecordedEvent[], run: Run): Promise<void> {
    const owners = await this.ownersBefore(events, run);
    let clock = await this.clockBefore(run);
    const changed = new Set<string>();
    const rows = events.map((event): HistoryRow => {
      clock = clock > event.recordedAt ? clock : event.recordedAt;
      const { owner, member } = saidBy(event);
      const imageId = imageOf(event);
      if (imageId !== undefined && owner !== undefined) {
        if (owners.has(imageId)) changed.add(imageId);
        owners.set(imageId, owner);
      }
      return { ...rowOf(event), clock, image_id: imageId ?? null, owner: null, member };
    });
    for (const row of rows) row.owner = row.image_id === null ? null : (owners.get(row.image_id) ?? null);
    if (changed.size > 0) await run(this.handOver([...changed], owners));
    await run(this.insert(rows));
  }

  /** An image has one owner now, so that any of its rows tells it. */
  private async ownersBefore(events: readonly RecordedEvent[], run: Run): Promise<Map<string, string | null>> {
    const ids = [...new Set(events.map(imageOf).filter((id) => id !== undefined))];
    const rows = (await run({
      name: `${this.schema}-owners`,
      // served by events_by_image
      text: `select asked.image_id, known.owner from unnest($1::uuid[]) as asked(image_id)
             cross join lateral (select owner from ${this.schema}.events where image_id = asked.image_id limit 1) known`,
      values: [ids],
    })) as readonly { image_id: string; owner: string | null }[];
    return new Map(rows.map(({ image_id: id, owner }) => [id, owner]));
  }

  private async clockBefore(run: Run): Promise<Date> {
    const [last] = (await run({
      name: `${this.schema}-clock`,
      // served by events_by_clock
      text: `select clock from ${this.schema}.events order by clock desc, position desc limit 1`,
      values: [],
    })) as readonly { clock: Date }[];
    return last?.clock ?? new Date(0);
  }

  /** Who has an image now reads all of its history, and who had it no more. */
  private handOver(ids: readonly string[], owners: ReadonlyMap<string, string | null>): Statement {
    return {
      name: `${this.schema}-hand-over`,
      // served by events_by_image
      text: `update ${this.schema}.events e set owner = now.owner
             from unnest($1::uuid[], $2::text[]) as now(image_id, owner)
             where e.image_id = now.image_id and e.owner is distinct from now.owner`,
      values: [ids, ids.map((id) => owners.get(id) ?? null)],
    };
  }

  private insert(rows: readonly HistoryRow[]): Statement {
    const names = Object.keys(columns) as (keyof typeof columns)[];
    const arrays = names.map((name, index) => `$${index + 1}::${columns[name]}[]`);
    return {
      name: `${this.schema}-insert`,
      text: `insert into ${this.schema}.events (${names.join(', ')}) select * from unnest(${arrays.join(', ')})`,
      values: names.map((name) => rows.map((row) => row[name])),
    };
  }
}

const columns = {
  ...{ position: 'bigint', clock: 'timestamptz', type: 'text', actor: 'text', project: 'text', request_id: 'text' },
  ...{ image_id: 'uuid', owner: 'text', member: 'text' },
} as const;

function rowOf({ position, type, actor, projectId, requestId }: RecordedEvent) {
  return { position: position.toString(), type, actor: actor.user_id, project: projectId, request_id: requestId };
}

/** The new owner, if the event says one, and the project that is invited or not any more. */
export function saidBy(recorded: RecordedEvent): { owner?: string | null; member: string | null } {
  if (imageOf(recorded) === undefined) return { member: null };
  const event = upcastImageEvent(recorded.type, recorded.schemaVersion, recorded.payload);
  switch (event.type) {
    case 'ImageCreated':
      return { owner: event.data.attributes.owner, member: null };
    case 'ImageOwnerChanged':
      return { owner: event.data.to, member: null };
    case 'ImageMemberAdded':
    case 'ImageMemberAccepted':
    case 'ImageMemberRejected':
    case 'ImageMemberPended':
    case 'ImageMemberRemoved':
      return { member: event.data.member };
    default:
      return { member: null };
  }
}
