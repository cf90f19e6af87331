import pg from 'pg';
import type { Statement } from '#event-store';

/** A node of EXPLAIN's JSON; the parts that specs look at. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** The plan that the connection makes once for the statement, as it was carried out with these values. */
export async function planOf(
  client: pg.Client,
  { text, values }: Pick<Statement, 'text' | 'values'>,
): Promise<PlanNode> {
  await client.query(`prepare shape as ${text}`);
  try {
    const literals = values.length > 0 ? `(${values.map(literal).join(', ')})` : '';
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (format json, analyze) execute shape${literals}`,
    );
    return rows[0]!['QUERY PLAN'][0].Plan;
  } finally {
    await client.query('deallocate shape');
  }
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `'{${value.join(',')}}'`;
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value));
}

export const nodes = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];

/** Rows of tables that were looked at, whether they were wanted or not. */
export function rowsRead(plan: PlanNode, isCounted: (relation: string) => boolean = () => true): number {
  return nodes(plan)
    .filter(({ 'Relation Name': relation }) => relation !== undefined && isCounted(relation))
    .map((node) => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1))
    .reduce((sum, rows) => sum + rows, 0);
}
