import type { Statement } from '#event-store';

export const accessKinds = ['download', 'refusal'] as const;
export type AccessKind = (typeof accessKinds)[number];

/** What a search can be narrowed by; the first one that is given is read along. */
export const accessFilters = ['image', 'request_id', 'actor', 'project', 'status', 'operation', 'kind'] as const;
type AccessFilter = (typeof accessFilters)[number];

/** An entry's place in the order of time. */
export interface AccessPlace {
  readonly at: Date;
  readonly id: string;
}

export interface AccessQuery {
  /** `everything`, or the project whose own accesses are wanted, with the downloads of its images */
  readonly audience: 'everything' | { readonly project: string };
  readonly filters: Readonly<Partial<Record<AccessFilter, string>>>;
  readonly order: 'asc' | 'desc';
  /** both included; undefined: without end */
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  /** the last entry of the page before */
  readonly cursor: AccessPlace | undefined;
  readonly limit: number;
}

const columns: Readonly<Record<AccessFilter, string>> = {
  ...{ image: 'image_id', request_id: 'request_id', actor: 'actor', project: 'project', status: 'status' },
  ...{ operation: 'operation', kind: 'kind' },
};
const types: Readonly<Record<AccessFilter, string>> = {
  ...{ image: 'uuid', request_id: 'text', actor: 'text', project: 'text', status: 'int' },
  ...{ operation: 'text', kind: 'text' },
};

type Asked = ReadonlyMap<AccessFilter, string>;
/** One index's condition, and the filters that it has seen to. */
interface Branch {
  readonly follows: string;
  readonly done: readonly AccessFilter[];
}

/**
 * One statement for one page, in order. Each branch is read in order from the one index that fits it, partition by
 * partition; what it asks beside is written so that no index serves it.
 */
export function accessStatement(query: AccessQuery): Statement {
  const values: unknown[] = [];
  const param = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const given = accessFilters.filter((name) => query.filters[name] !== undefined);
  const asked: Asked = new Map(given.map((name) => [name, param(query.filters[name], types[name])]));
  const project = query.audience === 'everything' ? undefined : param(query.audience.project, 'text');
  const branches = project === undefined ? everyones(asked) : ofProject(query, asked, project);
  const within = bounds(query, param);
  const end = `order by at ${query.order}, id ${query.order} limit ${Math.trunc(query.limit)}`;
  const selects = branches.map(({ follows, done }) => {
    const beside = given
      .filter((name) => !done.includes(name))
      .map((name) => `${columns[name]} is not distinct from ${asked.get(name)!}`);
    return `(select * from access.entries where ${[follows, ...beside, ...within].join(' and ')} ${end})`;
  });
  return { text: `select * from (${selects.join(' union all ')}) merged ${end}`, values };
}

function everyones(asked: Asked): Branch[] {
  const [followed] = asked.keys();
  if (followed === 'project') {
    return kindsOf(asked, asked.get('project')!).map((branch) => ({ ...branch, done: ['kind', 'project'] }));
  }
  if (followed && followed !== 'kind') {
    return [{ follows: `${columns[followed]} = ${asked.get(followed)!}`, done: [followed] }];
  }
  const kinds = asked.has('kind') ? [asked.get('kind')!] : accessKinds.map((kind) => `'${kind}'`);
  return kinds.map((kind) => ({ follows: `kind = ${kind}`, done: ['kind'] }));
}

/** Its own accesses, and the downloads of its images by others: of those it is not told the user, nor finds them by one. */
function ofProject({ audience, filters }: AccessQuery, asked: Asked, project: string): Branch[] {
  const isOwn = `project is not distinct from ${project}`;
  const isOwners = `owner is not distinct from ${project}`;
  if (asked.has('request_id') || asked.has('actor')) {
    const followed = asked.has('image') ? 'image' : asked.has('request_id') ? 'request_id' : 'actor';
    return [{ follows: `${columns[followed]} = ${asked.get(followed)!} and ${isOwn}`, done: [followed] }];
  }
  if (asked.has('image')) {
    return [{ follows: `image_id = ${asked.get('image')!} and (${isOwn} or ${isOwners})`, done: ['image'] }];
  }
  const isOfItself = audience !== 'everything' && filters.project === audience.project;
  const own = filters.project === undefined || isOfItself ? ownBranches(asked, project) : [];
  // Only data that was sent has an owner.
  if (isOfItself || filters.kind === 'refusal') return own;
  const isByOthers = `project is distinct from ${project}`;
  const by = asked.get('project');
  return [
    ...own,
    by
      ? { follows: `(owner || ' ' || project) = (${project} || ' ' || ${by}) and ${isOwners}`, done: [] }
      : { follows: `owner = ${project} and ${isByOthers}`, done: [] },
  ];
}

function ownBranches(asked: Asked, project: string): Branch[] {
  for (const [name, column] of [
    ['status', 'status::text'],
    ['operation', 'operation'],
  ] as const) {
    const value = asked.get(name);
    if (value === undefined) continue;
    const follows = `(project || ' ' || ${column}) = (${project} || ' ' || ${value}::text)`;
    return [{ follows: `${follows} and project is not distinct from ${project}`, done: [] }];
  }
  return kindsOf(asked, project);
}

/** Of one project, in the order of time: one branch a kind. */
function kindsOf(asked: Asked, project: string): Branch[] {
  const kinds = asked.has('kind') ? [asked.get('kind')!] : accessKinds.map((kind) => `'${kind}'`);
  return kinds.map((kind) => ({
    follows: `(project || ' ' || kind) = (${project} || ' ' || ${kind}) and project is not distinct from ${project}`,
    done: ['kind'],
  }));
}

/** The cursor's time bounds the partitions, too: the comparison of a row does not. */
function bounds({ from, to, cursor, order }: AccessQuery, param: (value: unknown, type: string) => string): string[] {
  const isUp = order === 'asc';
  return [
    ...(from ? [`at >= ${param(from, 'timestamptz')}`] : []),
    ...(to ? [`at <= ${param(to, 'timestamptz')}`] : []),
    ...(cursor
      ? [
          `at ${isUp ? '>=' : '<='} ${param(cursor.at, 'timestamptz')}`,
          `(at, id) ${isUp ? '>' : '<'} (${param(cursor.at, 'timestamptz')}, ${param(cursor.id, 'uuid')})`,
        ]
      : []),
  ];
}
