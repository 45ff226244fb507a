import type { ClientBase, QueryResult } from 'pg';
import { TakesNoWritesError } from './address-source';
import type { Target } from './client';
import { StartRefusedError } from './database-errors';

/** Limits of a session in milliseconds; 0 is none. */
export interface SessionLimits {
  readonly statementTimeout: number;
  /** How long a transaction may stand idle. */
  readonly idleInTransaction?: number;
}

/** What a session says of its server. */
export interface SessionFacts {
  /** The process that serves this session, behind whatever pooler there is. */
  readonly pid: number;
  /** 150004 for PostgreSQL 15.4. */
  readonly version: number;
  /** Whether it is a standby, or every transaction is read-only by default. */
  readonly takesWrites: boolean;
}

/**
 * What a session inherits from the server, the database, the role or the address must not change an answer: this is
 * every setting of a session that could, set to what the statements, the triggers and the migrations are written for.
 *
 * Left as they are: `default_transaction_read_only`, by which administrators stop writes; `role`, by which several
 * users own tables together; and what changes only how fast an answer comes.
 */
const PINNED: Readonly<Record<string, string>> = {
  // Before anything else, since what follows is looked up in it.
  search_path: 'public',
  client_encoding: 'UTF8',
  // How values are spelled and read.
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  // What is seen, and what an error ends.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  row_security: 'on',
  exit_on_error: 'off',
  // A commit that was not waited for as long as it should have been is told by a warning.
  client_min_messages: 'warning',
  // Other sessions' patience is not this one's.
  lock_timeout: '0',
  idle_session_timeout: '0',
  // A server that no longer hears this process frees its locks and snapshots after half a minute, not two hours.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '4',
  // Where tables are made.
  default_table_access_method: 'heap',
};

/** The same for settings that only later versions have. */
const PINNED_IF_THERE: Readonly<Record<string, string>> = {
  transaction_timeout: '0',
  restrict_nonsystem_relation_kind: '',
};

/**
 * Further settings of the connections that serve short requests. Plans are made once a connection: the statements look
 * rows up by id, and which ids changes no plan. How many rows there are does: joined by hashing or merging, the whole
 * table would be read for a batch of a few ids.
 */
export const PLANS_FOR_IDS: Readonly<Record<string, string>> = {
  plan_cache_mode: 'force_generic_plan',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

const set = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings)
    .map(([name, value]) => `set ${name} = '${value}';`)
    .join(' ');

// An acknowledged write is on disk: a cluster or role set to less is overruled, one set to more (remote_apply) is not.
const REST = `
  select set_config('synchronous_commit', case when current_setting('synchronous_commit') in ('off', 'local')
    then 'on' else current_setting('synchronous_commit') end, false);
  select set_config(name, pinned.value, false)
  from pg_settings join (values ${Object.entries(PINNED_IF_THERE)
    .map(([name, value]) => `('${name}', '${value}')`)
    .join(', ')}) as pinned(setting, value) on pinned.setting = name;`;

const FACTS = `
  select pg_backend_pid() as pid, current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding, current_database() as database,
    not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as "takesWrites"`;

interface FactsRow extends SessionFacts {
  readonly encoding: string;
  readonly database: string;
}

/**
 * Makes a session independent of what it inherits, in one round trip. SET is used because poolers refuse settings among
 * the parameters of a log-in.
 *
 * @throws StartRefusedError if the database is not in UTF-8; TakesNoWritesError if the address wants a server that
 * takes writes; the driver's error
 */
export async function prepareSession(
  client: ClientBase,
  target: Target,
  { statementTimeout, idleInTransaction = 0 }: SessionLimits,
  settings: Readonly<Record<string, string>> = {},
): Promise<SessionFacts> {
  // The limit that was inherited must not end what sets it.
  const text = `set statement_timeout = 0; ${set(PINNED)} ${set(settings)}
    set idle_in_transaction_session_timeout = ${idleInTransaction}; ${REST}
    set statement_timeout = ${statementTimeout}; ${FACTS}`;
  const results = (await client.query(text)) as unknown as QueryResult<FactsRow>[];
  const row = results.at(-1)?.rows[0];
  if (row === undefined) throw new Error('PostgreSQL does not say what it is');
  const { encoding, database, ...facts } = row;
  if (encoding !== 'UTF8') {
    throw new StartRefusedError(
      `The database ${database} has the encoding ${encoding}, and this server needs UTF8: create one with ` +
        `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'.`,
    );
  }
  if (target.address.mustTakeWrites && !facts.takesWrites) {
    throw new TakesNoWritesError(`The server at ${target.host.name}:${target.host.port} does not accept writes`);
  }
  return facts;
}
