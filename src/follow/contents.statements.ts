import { RESOURCES, type Resource } from '../database/resources';
import { STATUS_COLUMNS } from './journal.statements';

/** Rows and bytes of a page of a snapshot. */
const PAGE_ROWS = 500;
const PAGE_BYTES = 256 << 10;

/** What is read of one moment. */
export const CONTENTS_TABLES = [...Object.keys(RESOURCES), 'id_counters', 'followed_journal', 'followed_answers'];

/** The first eight bytes of the SHA-256 of a row's text, taken as a signed integer; they are summed. */
const DIGEST = `coalesce(sum(('x' || encode(substring(sha256(convert_to(wire, 'UTF8')) from 1 for 8), 'hex'))::bit(64)::bigint), 0)::text`;

/** Rows, greatest ids and digests of one moment, and the place then. */
export const MEASURE = `select (select row_to_json(followed)::text from followed_journal as followed) as journal, ${Object.keys(
  RESOURCES,
)
  .map(
    (
      name,
    ) => `(select json_build_object('count', count(*), 'greatestId', coalesce(max(id), 0)::text, 'digest', ${DIGEST}
    )::text from ${name}) as ${name}`,
  )
  .join(', ')}`;

/** What is said of all of a snapshot. */
export const SNAPSHOT_HEAD = `select ${STATUS_COLUMNS}`;

/** The rows from $1 on, a line each. */
export const pageOf = (resource: Resource): string => `
  select string_agg(wire, E'\\n' order by id) as wire, max(id)::text as last, count(*)::text as count, ${DIGEST} as digest
  from (
    select id, wire, sum(wire_bytes) over (order by id rows unbounded preceding) - wire_bytes as before
    from (select id, wire, wire_bytes from ${resource} where id >= $1::bigint order by id limit ${PAGE_ROWS}) as page
  ) as sized
  where before < ${PAGE_BYTES}`;
