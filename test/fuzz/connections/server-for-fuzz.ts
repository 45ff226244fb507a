import { query, type PostgresCluster } from '../../../harness/postgres-cluster';
import { startServer, type Subject } from './subject';

/** Short times, so that what waits for them takes no long campaign. */
export const SHORT_SETTINGS: Readonly<Record<string, string>> = {
  REQUEST_TIMEOUT: '3s',
  SHUTDOWN_TIMEOUT: '10s',
  LOG_LEVEL: 'info',
};

const SWEEP_INTERVAL = 1000;

export interface OwnServerOptions {
  readonly settings: Readonly<Record<string, string>>;
  /** Collections that are there from the start. */
  readonly rows: number;
  readonly nodeArguments?: readonly string[];
}

/** Starts a server on an empty database of a cluster. What connections write there is removed again while it runs. */
export async function startOwnServer(cluster: PostgresCluster, options: OwnServerOptions): Promise<Subject> {
  const database = await cluster.createDatabase();
  const subject = await startServer({ DATABASE_URL: database, ...options.settings }, options.nodeArguments);
  await query(
    database,
    `with made as (insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       select n, 'Depot ' || n, 'paper', n, 'kg', '2024-01-15 10:30:00', 'pending' from generate_series(1, $1::int) n)
     insert into id_counters (resource, next_id) select 'collections', $1::int + 1`,
    [options.rows],
  );
  let sweep: Promise<unknown> = Promise.resolve();
  const sweepOnce = () => query(database, "delete from collections where location like 'Fuzz%'");
  const timer = setInterval(() => {
    sweep = sweep.then(sweepOnce).catch(() => undefined);
  }, SWEEP_INTERVAL);
  return {
    ...subject,
    stop: async () => {
      clearInterval(timer);
      await sweep;
      return subject.stop();
    },
  };
}
