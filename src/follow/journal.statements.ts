import { sql, type SQL } from 'drizzle-orm';
import { RESOURCES } from '../database/resources';

const value = sql.placeholder;

/** Whoever changes something for a journal holds this lock until the end of the transaction. Any number will do. */
export const TURN = 6_021_023_715_884_127n;

export const TAKE_TURN = sql`select from pg_advisory_xact_lock(${sql.raw(String(TURN))})`;

const STATE_COLUMNS = sql`select journal, state, term, place, filled::text from followed_journal`;

/** Locked, so that what was committed while this waited is read. */
export const STATE = sql`${STATE_COLUMNS} for update`;

/** As it is now, without waiting for whoever changes it. */
export const LOOK = STATE_COLUMNS;

/** A row for each resource that has none yet, so that there is one to be locked. */
export const BEGIN_COUNTERS = sql`
  insert into id_counters (resource, next_id) select resource, 1 from unnest(${value('resources')}::text[]) as resource
  order by resource on conflict (resource) do nothing`;

export const LOCK_COUNTERS = sql`
  select resource, next_id from id_counters where resource = any(${value('resources')}::text[]) order by resource for update`;

const counters = (nextId: SQL) => sql`
  insert into id_counters as counter (resource, next_id)
  select * from unnest(${value('resources')}::text[], ${value('nextIds')}::bigint[])
  on conflict (resource) do update set next_id = ${nextId}`;

export const RAISE_COUNTERS = counters(sql`greatest(counter.next_id, excluded.next_id)`);

/** The owner's next ids are right, also where this database has given more. */
export const SET_COUNTERS = counters(sql`excluded.next_id`);

export const ADVANCE = sql`update followed_journal set place = ${value('place')}::bigint`;

export const KEEP_ANSWERS = sql`
  insert into followed_answers (place, status, headers, body)
  select * from unnest(${value('places')}::bigint[], ${value('statuses')}::smallint[], ${value('headers')}::text[], ${value('bodies')}::text[])`;

export const PRUNE_ANSWERS = sql`delete from followed_answers where place <= ${value('settled')}::bigint`;

export const FORGET_ANSWERS = sql`delete from followed_answers`;

const kept = sql`followed_answers where place between ${value('from')}::bigint and ${value('through')}::bigint`;

export const KEPT_ANSWERS = sql`select place, status, headers, body from ${kept} order by place`;

export const KEPT_SIZE = sql`select count(*), coalesce(sum(octet_length(body)), 0) from followed_answers`;

/** A journal takes the place of the one before, if there was one. */
export const ATTACH = sql`
  insert into followed_journal (journal, state, term, place)
  values (${value('journal')}::uuid, ${value('state')}::text, gen_random_uuid(), ${value('place')}::bigint)
  on conflict (single) do update
  set journal = excluded.journal, state = excluded.state, term = excluded.term, place = excluded.place, filled = '{}'
  returning term`;

export const DETACH = sql`delete from followed_journal`;

export const NEW_TERM = sql`update followed_journal set term = gen_random_uuid() returning term`;

export const FILLED = sql`
  update followed_journal
  set filled = filled || jsonb_build_object(${value('resource')}::text, ${value('through')}::text)`;

/** The copy is whole. */
export const END_REBUILD = sql`
  update followed_journal set state = 'attached', place = ${value('place')}::bigint, filled = '{}'`;

const ofEach = (expression: (resource: string) => string): string =>
  `json_build_object(${Object.keys(RESOURCES)
    .map((name) => `'${name}', ${expression(name)}`)
    .join(', ')})::text`;

/** The journal, the next ids, which resources are empty, and which answers are kept. */
export const STATUS_COLUMNS = `(select row_to_json(followed)::text from followed_journal as followed) as journal,
    ${ofEach((name) => `coalesce((select next_id from id_counters where resource = '${name}'), 1)::text`)} as next_ids,
    ${ofEach((name) => `not exists (select from ${name})`)} as empty,
    (select json_build_object('from', min(place)::text, 'count', count(*))::text from followed_answers) as kept`;

/** All of one moment. */
export const STATUS = sql.raw(`select ${STATUS_COLUMNS}`);

/** The greatest id of each resource. */
export const GREATEST_IDS = sql.raw(`select ${ofEach((name) => `coalesce((select max(id) from ${name}), 0)::text`)}`);
