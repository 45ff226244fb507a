import { sql, type SQL } from 'drizzle-orm';
import { RESOURCES, type Resource } from '../database/resources';
import { copyAt, insertAt } from '../database/row-statements';
import { raisedNextId } from '../database/next-ids';
import { WRITTEN } from './row-writes';

const ids = sql`${sql.placeholder('ids')}::bigint[]`;

/** Stores items under the ids that are given. A row of theirs that is missing in the answer was not stored. */
export const create = (resource: Resource): SQL => {
  const { columns } = RESOURCES[resource];
  // The columns are those of the resource's own model; which one it is does not matter here.
  return sql`${insertAt<never>(resource, columns, WRITTEN[resource]?.computed)}
  returning id, wire`;
};

/** Brings the rows of a copy in, in the place of what is there. */
export const copy = (resource: Resource): SQL =>
  copyAt<never>(resource, RESOURCES[resource].columns, WRITTEN[resource]?.computed);

/** Removes the rows between two ids that a copy does not have. */
export const clear = (resource: Resource): SQL => sql`
  delete from ${sql.raw(resource)}
  where id between ${sql.placeholder('from')}::bigint and ${sql.placeholder('through')}::bigint and id <> all(${ids})`;

/** Which rows are there. */
export const find = (resource: Resource): SQL => sql`
  select id, null from ${sql.raw(resource)} where id = any(${ids})`;

/** Locks rows in the order of their ids, as those do that change several at once. */
export const lock = (resource: Resource): SQL => sql`
  select from ${sql.raw(resource)} where id = any(${ids}) order by id for update`;

export const raise = raisedNextId;
