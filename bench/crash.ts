import { Load } from '../harness/load';
import { query, type PostgresCluster } from '../harness/postgres-cluster';
import { aCollection, json } from '../harness/samples';

const CONNECTIONS = 32;
const CREATES = 5000;

/** What became of creates around a kill -9 of PostgreSQL. */
export interface Crash {
  readonly acknowledged: number;
  /** Answered with 504: the connection broke while they were under way. */
  readonly unknown: number;
  readonly refused: number;
  /** Acknowledged, and not there afterwards as they were sent. */
  readonly lost: number;
}

/** Kills PostgreSQL, each of its processes, in the middle of creates from 32 connections, and starts it again. */
export async function measureCrash(cluster: PostgresCluster, database: string, server: string): Promise<Crash> {
  await query(database, 'truncate collections, locations, id_counters');
  const request = (n: number) => ({
    url: `${server}/api/collections`,
    init: json('POST', aCollection({ location: String(n) })),
  });
  const load = new Load({ inFlight: CONNECTIONS, answerWithin: 30_000, requests: [request] });
  await load.untilMore(200, CREATES);
  await cluster.kill();
  await load.untilMore(503, 1);
  await cluster.start();
  await load.untilMore(200, CREATES);
  await load.stop();

  const rows = await query<{ id: string; location: string }>(database, 'select id, location from collections');
  const stored = new Map(rows.map(({ id, location }) => [id, location]));
  const acknowledged = load.with(200);
  const lost = acknowledged.filter(({ n, text }) => {
    const { id } = JSON.parse(text) as { id: number };
    return stored.get(String(id)) !== String(n);
  });
  return {
    acknowledged: acknowledged.length,
    unknown: load.with(504).length,
    refused: load.with(503).length,
    lost: lost.length,
  };
}
