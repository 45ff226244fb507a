import { sql } from 'drizzle-orm';
import { arraysOf, assignmentsOf, namesOf, type Computed } from '../database/row-statements';
import { COLLECTION_COLUMNS } from './collection.columns';

const ids = sql`${sql.placeholder('ids')}::bigint[]`;

/** What a create computes. */
export const COMPLETION: Computed = { completed_at: `case when item.status = 'completed' then now() end` };

/** Rows up to so many bytes come together; what is larger is null, and read by itself. */
const LARGE_ROW = 64 << 10;

export const BY_IDS = sql`
  select id, case when wire_bytes <= ${sql.raw(String(LARGE_ROW))} then wire end from collections where id = any(${ids})`;

export const LARGE_BY_ID = sql`select wire from collections where id = ${sql.placeholder('id')}::bigint`;

/** Locks in id order first, so that batches of several servers cannot deadlock. */
const locked = sql`locked as (
    select id from collections where id = any(${ids}) order by id for update
  )`;

// What comes back has the id that was asked for, whatever a trigger of somebody else makes of the row's.
const update = sql`update collections as stored set
    ${assignmentsOf(COLLECTION_COLUMNS)}, updated_at = now(),
    completed_at = case when item.status = 'completed' then coalesce(stored.completed_at, now()) end
  from locked, unnest(${arraysOf(COLLECTION_COLUMNS)}, ${ids}) as item (${namesOf(COLLECTION_COLUMNS)}, id)
  where stored.id = locked.id and item.id = locked.id
  returning locked.id, stored.wire`;

export const REPLACE = sql`
  with ${locked}
  ${update}`;

const removal = sql`delete from collections as stored using locked where stored.id = locked.id
  returning locked.id`;

export const REMOVE = sql`
  with ${locked}
  ${removal}`;

/** The same, with a second row without a text for each id that was there: one that was not changed has only that. */
export const REPLACE_OR_FIND = sql`
  with ${locked}, changed as (${update})
  select id, wire from changed union all select id, null from locked`;

/** The same for a removal: the row with a text is of one that was removed. */
export const REMOVE_OR_FIND = sql`
  with ${locked}, removed as (${removal})
  select id, '' from removed union all select id, null from locked`;
