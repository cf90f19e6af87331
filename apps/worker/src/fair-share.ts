import type { RunningBulkImport } from '#catalog';

/** How many items may be under way. */
export interface Bounds {
  /** of one project */
  readonly perProject: number;
  /** in the queue, of all: what no worker has begun can still be overtaken by nobody */
  readonly queued: number;
}

/**
 * How many more items of each bulk import are to get a job, one after the other to the project that has the fewest under
 * way, and within it to the bulk import that has. Each comes with its rank: how many its project has under way before it.
 */
export function fairShare(
  running: readonly RunningBulkImport[],
  { perProject, queued }: Bounds,
): Map<string, number[]> {
  const shares = new Map<string, number[]>();
  const candidates = running.map(({ id, project, concurrency, underWay }) => ({ id, project, concurrency, underWay }));
  const ofProject = new Map<string | null, number>();
  for (const { project, underWay } of candidates) ofProject.set(project, (ofProject.get(project) ?? 0) + underWay);
  let room = queued - running.reduce((sum, one) => sum + one.queued, 0);
  for (; room > 0; room--) {
    const open = candidates.filter(
      ({ project, concurrency, underWay }) => underWay < concurrency && ofProject.get(project)! < perProject,
    );
    const next = open.reduce<(typeof open)[number] | undefined>((best, one) => {
      if (!best) return one;
      const [had, has] = [ofProject.get(best.project)!, ofProject.get(one.project)!];
      return has < had || (has === had && one.underWay < best.underWay) ? one : best;
    }, undefined);
    if (!next) break;
    const rank = ofProject.get(next.project)!;
    ofProject.set(next.project, rank + 1);
    next.underWay++;
    shares.set(next.id, [...(shares.get(next.id) ?? []), rank]);
  }
  return shares;
}
