import type { Statement } from '#event-store';

/** Columns that a search can be narrowed by, each to one value; the first one that is given is read along. */
export const historyFilters = ['image', 'request_id', 'actor', 'project', 'type'] as const;
type HistoryFilter = (typeof historyFilters)[number];

export interface HistoryQuery {
  /** `everything`, or the project whose images' events are wanted, with those of its own invitations */
  readonly audience: 'everything' | { readonly project: string };
  readonly filters: Readonly<Partial<Record<HistoryFilter, string>>>;
  readonly order: 'asc' | 'desc';
  /** positions between which the events lie, themselves left out */
  readonly after: bigint;
  readonly before: bigint;
  readonly limit: number;
}

const columns: Readonly<Record<HistoryFilter, string>> = {
  ...{ image: 'image_id', request_id: 'request_id', actor: 'actor', project: 'project', type: 'type' },
};
const types: Readonly<Record<HistoryFilter, string>> = {
  ...{ image: 'uuid', request_id: 'text', actor: 'text', project: 'text', type: 'text' },
};
/** Few events are of one image or request: they are read whoever has them. */
const few = new Set<HistoryFilter>(['image', 'request_id']);

/**
 * One statement for one page: rows of `position`, in order, and in each `true_for`, the position that the read model had
 * reached; one row without a position when nothing was found. Each branch is read in order from the one index that fits
 * it, because what it asks beside is written so that none serves it.
 */
export function historyStatement(query: HistoryQuery): Statement {
  const values: unknown[] = [];
  const param = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const given = historyFilters.filter((name) => query.filters[name] !== undefined);
  const asked = new Map(given.map((name) => [name, param(query.filters[name], types[name])]));
  const between = `position > ${param(query.after.toString(), 'bigint')} and position < ${param(query.before.toString(), 'bigint')}`;
  const end = `order by position ${query.order} limit ${Math.trunc(query.limit)}`;

  const beside = (followed?: HistoryFilter) =>
    given
      .filter((name) => name !== followed)
      .map((name) => `${columns[name]} is not distinct from ${asked.get(name)!}`);
  const branch = (from: string, ...conditions: readonly string[]) =>
    `(select position from ${from} where ${[...conditions, between].join(' and ')} ${end})`;

  const [followed] = given;
  const branches: string[] = [];
  if (query.audience === 'everything') {
    branches.push(
      followed
        ? branch('history.events', `${columns[followed]} = ${asked.get(followed)!}`, ...beside(followed))
        : branch('public.events', 'position <= (select true_for from head)'),
    );
  } else {
    const project = param(query.audience.project, 'text');
    branches.push(
      branch('history.events', ...ownConditions(followed, project, asked), ...beside(followed)),
      branch('history.events', `member = ${project}`, `owner is distinct from ${project}`, ...beside()),
    );
  }
  return {
    text: `with head as materialized (
        select coalesce((select checkpoint from public.subscriptions where name = 'history'), 0) as true_for),
      page as materialized (select position from (${branches.join(' union all ')}) merged ${end})
      select head.true_for, page.position from head left join page on true order by page.position ${query.order}`,
    values,
  };
}

function ownConditions(
  followed: HistoryFilter | undefined,
  project: string,
  asked: ReadonlyMap<HistoryFilter, string>,
): string[] {
  if (!followed) return [`owner = ${project}`];
  const [column, value] = [columns[followed], asked.get(followed)!];
  const isOwn = `owner is not distinct from ${project}`;
  if (few.has(followed)) return [`${column} = ${value}`, isOwn];
  return [
    `(owner || ' ' || ${column}) = (${project} || ' ' || ${value})`,
    isOwn,
    `${column} is not distinct from ${value}`,
  ];
}
