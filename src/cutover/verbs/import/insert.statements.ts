import type { Column } from '../../../database/columns';
import type { Computed } from '../../../database/row-statements';
import type { Resource } from '../../traffic/resource';

/**
 * Rows with ids of their own, one array a column, ids first. They bring no times of their own: created_at, updated_at
 * and, of completed collections, completed_at are those of the import, as for a row that the API creates. The text that
 * PostgreSQL made of each row comes back, to be compared with the row that was read.
 */
export function insertStatement<Model>(
  resource: Resource,
  columns: readonly Column<Model>[],
  computed: Computed = {},
): string {
  const names = columns.map(({ name }) => name).join(', ');
  const arrays = columns.map(({ type }, index) => `$${index + 2}::${type}[]`).join(', ');
  return `
  insert into ${[`${resource} (id`, names, ...Object.keys(computed)].join(', ')})
  select ${['item.*', ...Object.values(computed)].join(', ')}
  from unnest($1::bigint[], ${arrays}) as item (id, ${names})
  order by id
  returning id, wire`;
}
