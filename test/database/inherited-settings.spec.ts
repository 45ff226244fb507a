import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS_FOLDER } from '../../src/database/migrations';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation, json } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';

interface Setting {
  readonly name: string;
  readonly vartype: string;
  readonly reset_val: string;
  readonly min_val: string | null;
  readonly max_val: string | null;
  readonly enumvals: string[] | null;
}

/** Settings whose hostile values are not to be had from their kind. */
const HOSTILE: Readonly<Record<string, readonly string[]>> = {
  search_path: ['elsewhere', '"$user", elsewhere, pg_catalog'],
  timezone: ['Asia/Kathmandu', 'America/St_Johns'],
  datestyle: ['German, DMY', 'SQL, MDY'],
  client_encoding: ['LATIN1', 'SQL_ASCII'],
  lc_monetary: ['POSIX', 'C'],
  lc_numeric: ['POSIX', 'C'],
  lc_time: ['POSIX', 'C'],
  // Less would end the session before it can say that it wants another.
  idle_session_timeout: ['700ms', '0'],
  idle_in_transaction_session_timeout: ['200ms', '0'],
  statement_timeout: ['200ms', '1s'],
  transaction_timeout: ['200ms', '1s'],
  lock_timeout: ['1ms', '1s'],
  tcp_user_timeout: ['1s', '0'],
  client_connection_check_interval: ['10ms', '0'],
  default_table_access_method: ['hostile', 'heap'],
  restrict_nonsystem_relation_kind: ['view, foreign-table', 'view'],
  geqo_threshold: ['2', '100'],
};

/**
 * Not set: administrators stop writes with the first two, on purpose; the next need files, tablespaces or the logs of a
 * server; the last are of a transaction.
 */
const LEFT_OUT =
  /^(default_transaction_read_only|transaction_.*|application_name|local_preload_libraries|default_tablespace|temp_tablespaces|default_text_search_config|debug_.*|trace_.*|log_.*|createrole_self_grant|password_encryption|scram_iterations|seed|unix_.*|ssl.*|jit_provider|plpgsql\..*)$/;

function hostileValue(
  { name, vartype, reset_val, min_val, max_val, enumvals }: Setting,
  round: number,
): string | undefined {
  const own = HOSTILE[name.toLowerCase()];
  if (own !== undefined) return own[round];
  switch (vartype) {
    case 'bool':
      return reset_val === 'on' ? 'off' : 'on';
    case 'enum':
      return (enumvals ?? []).filter((value) => value !== reset_val)[round % Math.max(1, (enumvals?.length ?? 1) - 1)];
    case 'integer':
    case 'real':
      return (round === 0 ? min_val : max_val) ?? undefined;
    default:
      return undefined;
  }
}

const SETTINGS = `select name, vartype, reset_val, min_val, max_val, enumvals from pg_settings where context = 'user'`;

async function makeHostile(database: string, round: number): Promise<string[]> {
  const settings = await query<Setting>(database, SETTINGS);
  const name = new URL(database).pathname.slice(1);
  const set: string[] = [];
  const later = ['transaction_timeout', 'idle_session_timeout', 'statement_timeout'];
  const sorted = settings.filter((one) => one.name === 'transaction_timeout' || !LEFT_OUT.test(one.name));
  // What ends sessions comes last, since each of these is a session of its own that inherits what is set already.
  sorted.sort((a, b) => later.indexOf(a.name) - later.indexOf(b.name));
  const statements: string[] = [];
  for (const setting of sorted) {
    const value = hostileValue(setting, round);
    if (value === undefined) continue;
    const list = /search_path|datestyle|restrict/i.test(setting.name);
    statements.push(`alter database ${name} set ${setting.name} = ${list ? value : `'${value}'`}`);
    set.push(setting.name);
  }
  // One session that has inherited nothing of it.
  await query(
    database,
    statements.map((text) => text.replace(/= view, foreign-table$/, `= 'view, foreign-table'`)).join('; '),
  );
  return set;
}

const requests = (app: TestApp) => {
  const ask = async (method: string, path: string, body?: object) => {
    const init = body === undefined ? { method } : json(method as 'POST', body);
    const response = await fetch(`${app.url}${path}`, init);
    return [method, path, response.status, await response.text()];
  };
  return ask;
};

/** What a server answers to everything that there is, one request after the other and several at once. */
async function answersOf(app: TestApp): Promise<unknown[]> {
  const ask = requests(app);
  const answers: unknown[] = [];
  const bodies = [
    aCollection({ quantity: 0.1, location: 'a\0b "\\" Łódź 😀', collected_date: '0001-01-01T00:00:00.000001' }),
    aCollection({
      quantity: 1e23,
      waste_type: 'glass',
      collected_date: '9999-12-31T23:59:59+05:45',
      status: 'completed',
    }),
    aCollection({ quantity: -0.0, location: 'NULL', collected_date: '2024-02-03T04:05:06.7-00:30' }),
    aCollection({ quantity: 1e308, waste_type: 'metal' }),
    aCollection({ quantity: 1.7e308, waste_type: 'metal' }),
  ];
  for (const body of bodies) answers.push(await ask('POST', '/api/collections', body));
  answers.push(
    ...(await Promise.all(
      bodies.map((body, id) => ask('PUT', `/api/collections/${id + 1}`, { ...body, unit: 'tons' })),
    )),
  );
  await Promise.all(bodies.map((body) => ask('POST', '/api/collections', { ...body, location: 'NULL' })));
  answers.push(await ask('POST', '/api/locations', aLocation({ name: 'null', zone: '{"a":\0}', latitude: 1e-7 })));
  answers.push(await ask('DELETE', '/api/collections/2'), await ask('GET', '/api/collections/2'));
  for (const path of ['/api/collections/1', '/api/locations', '/api/analytics']) answers.push(await ask('GET', path));
  const [, , , list] = await ask('GET', '/api/collections');
  // Those that came at once have their ids in any order.
  answers.push(
    (JSON.parse(list as string) as { quantity: number }[])
      .map((row) => ({ ...row, id: 0 }))
      .sort((a, b) => a.quantity - b.quantity),
  );
  return answers;
}

/** For the administrator's session, which has the hostile settings too. */
const NO_LIMITS = `select set_config(name, '0', false) from pg_settings where name in ('statement_timeout', 'transaction_timeout')`;

const LONG = `insert into public.collections (id, location, waste_type, quantity, unit, collected_date, status)
  select n, 'Łódź ' || n, 'paper', n / 10.0, 'kg', '2024-01-15', 'pending' from generate_series(1001, 22000) n`;

describeOnEachMajor('what a session inherits changes no answer', (cluster) => {
  let wanted: unknown[];
  let longList: string;

  const served = async (databaseUrl: string) => {
    const app = await startTestApp(databaseUrl);
    try {
      const answers = await answersOf(app);
      // As an administrator may do it, with whatever the session has.
      await query(databaseUrl, `${NO_LIMITS}; ${LONG}`);
      const response = await fetch(`${app.url}/api/collections`);
      return { answers, long: (await response.text()).replace(/^.*?\{"id":1001,/s, '') };
    } finally {
      await app.close();
    }
  };

  beforeAll(async () => {
    ({ answers: wanted, long: longList } = await served(await cluster().createDatabase()));
    expect(longList.length).toBeGreaterThan(2_000_000);
  });

  it.each([
    ['lowest', 0],
    ['highest', 1],
  ])('every setting of a session at its %s or another value', async (_, round) => {
    const database = await cluster().createDatabase();
    await query(database, 'create schema elsewhere');
    const set = await makeHostile(database, round);
    expect(set.length).toBeGreaterThan(90);
    const { answers, long } = await served(database);
    expect(answers).toEqual(wanted);
    expect(long === longList).toBe(true);
  });

  it('a statement_timeout of the role does not end a migration', async () => {
    const database = await cluster().createDatabase();
    const sql = (tag: string) => readFileSync(join(MIGRATIONS_FOLDER, `${tag}.sql`), 'utf8');
    await query(database, sql('0000_tables'));
    await query(
      database,
      'create schema drizzle; create table drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)',
    );
    const journal = JSON.parse(readFileSync(join(MIGRATIONS_FOLDER, 'meta/_journal.json'), 'utf8')) as {
      entries: { when: number }[];
    };
    await query(
      database,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('', ${journal.entries[0]!.when})`,
    );
    await query(
      database,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       select n, 'place ' || n, 'paper', n, 'kg', '2024-01-15', 'pending' from generate_series(1, 30000) n`,
    );
    await query(database, `alter database ${new URL(database).pathname.slice(1)} set statement_timeout = '100ms'`);
    const app = await startTestApp(database);
    expect((await fetch(`${app.url}/api/collections/30000`)).status).toBe(200);
    await app.close();
  });
});
