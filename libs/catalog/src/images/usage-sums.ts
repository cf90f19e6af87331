/** SQL of a rebuild for rows that are sums over others: made at once, then mended around a change of some streams' rows. */
export interface Sums {
  readonly fill: string;
  /** parameter: ids of streams, before their rows go */
  readonly leave: string;
  /** parameter: the same, once their rows are there again */
  readonly enter: string;
}

/** The usage of projects from the shares of their images. */
export function usageSums(schema: string): Sums {
  const sums = (which: string) => `
    select owner as project, count(*) as images, count(*) filter (where uploading) as uploading, sum(used_size) as size,
      sum(used_staging) as staging
    from ${schema}.images where owner is not null ${which} group by owner`;
  const some = sums('and id = any($1::uuid[])');
  return {
    fill: `insert into ${schema}.usage ${sums('')}`,
    leave: `update ${schema}.usage u set images = u.images - s.images, uploading = u.uploading - s.uploading,
        size = u.size - s.size, staging = u.staging - s.staging
      from (${some}) s where s.project = u.project`,
    enter: `insert into ${schema}.usage as u ${some}
      on conflict (project) do update set images = u.images + excluded.images,
        uploading = u.uploading + excluded.uploading, size = u.size + excluded.size,
        staging = u.staging + excluded.staging`,
  };
}
