import type { Statement } from '#event-store';

/** Values by column; lists and objects for arrays and jsonb, sizes as text. */
export type Row = Readonly<Record<string, unknown>>;

/** One INSERT of any number of rows: hundreds of them in one statement cost a third of a statement each. */
export function insertRows(schema: string, table: string, columns: readonly string[]) {
  const named = columns.join(', ');
  const statement = {
    name: `${schema}-insert-many-${table}`,
    text: `insert into ${schema}.${table} (${named})
      select ${named} from json_populate_recordset(null::${schema}.${table}, $1::json)`,
  };
  return (rows: readonly Row[]): Statement[] =>
    rows.length === 0 ? [] : [{ ...statement, values: [JSON.stringify(rows)] }];
}
