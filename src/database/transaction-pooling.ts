import type { DatabaseClient } from './client';
import type { AddressSource } from './address-source';
import { StartRefusedError } from './database-errors';
import { dropClient, openClient, type OpenClient } from './open-client';

/** Milliseconds for each answer. A pooler that has no server free for the second session does not share one either. */
const PATIENCE = 2000;
/** Others who use the pooler meanwhile may hide what it does, each time with a little luck. */
const ROUNDS = 5;

/**
 * Refuses a pooler that gives each transaction to another session of PostgreSQL (PgBouncer's `pool_mode` `transaction` or
 * `statement`): prepared statements, settings and the lock of the migrations belong to a session.
 *
 * A direct connection shows that it is one: the process that the log-in named serves it. Behind a pooler, two sessions
 * are moved about by transactions that overlap; one that keeps sessions lets each keep its process. Nothing is asked of
 * the pooler itself, which seldom lets anybody ask.
 *
 * @throws StartRefusedError
 */
export async function refuseTransactionPooling(first: OpenClient, source: AddressSource): Promise<void> {
  const { processID } = first.client as unknown as { readonly processID: number | null };
  if (processID === first.facts.pid) return;
  if (!(await movesSessions(first.client, source))) return;
  throw new StartRefusedError(
    'DATABASE_URL leads to a pooler that gives each transaction to another session of PostgreSQL: set it to pool sessions ' +
      "(PgBouncer: pool_mode = session), or give PostgreSQL's own address.",
  );
}

async function movesSessions(one: DatabaseClient, source: AddressSource): Promise<boolean> {
  const options = { role: ' start', statementTimeout: PATIENCE, queryTimeout: PATIENCE };
  const opened = await openClient(source, options).catch((error: unknown) => {
    if (error instanceof StartRefusedError) throw error;
  });
  if (opened === undefined) return false;
  const other = opened.client;
  const home = new Map([
    [one, await processOf(one)],
    [other, opened.facts.pid],
  ]);
  const beginsElsewhere = async (client: DatabaseClient) => {
    await client.query('begin');
    return (await processOf(client)) !== home.get(client);
  };
  try {
    if (home.get(one) === home.get(other)) return true;
    // The order in which they let go decides which process a pooler gives next: both orders are tried.
    for (let round = 0; round < ROUNDS; round++) {
      const [first, last] = round % 2 === 0 ? [one, other] : [other, one];
      if ((await beginsElsewhere(one)) || (await beginsElsewhere(other))) return true;
      await first.query('commit');
      await last.query('commit');
      if ((await beginsElsewhere(first)) || (await beginsElsewhere(last))) return true;
      await first.query('commit');
      await last.query('commit');
    }
    return false;
  } finally {
    // It may be in a transaction, or waiting for a server.
    dropClient(other);
    await one.query('rollback');
  }
}

async function processOf(client: DatabaseClient): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid;
}
