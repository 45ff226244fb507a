import { existsSync } from 'node:fs';
import { PostgresCluster, type ClusterOptions } from '../../harness/postgres-cluster';
import { describeWith } from './describe-with';

/**
 * A cluster that is started before the tests of this file or block, and ended after them. Jest runs the afterAll hooks of
 * one block in the order in which they are written: those that need the cluster belong to a block further in.
 */
export function useCluster(options?: ClusterOptions): () => PostgresCluster {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start(options);
  });
  afterAll(() => cluster.stop());
  return () => cluster;
}

/** The oldest supported major version, as Debian 12 installs it. */
const OLDEST = '/usr/lib/postgresql/15/bin/postgres';

/** Runs tests on the PostgreSQL that the API brings along, and on the oldest version that it supports. */
export function describeOnEachMajor(name: string, tests: (cluster: () => PostgresCluster) => void): void {
  describe(`${name}, on the PostgreSQL that the API brings along`, () => {
    const cluster = useCluster();
    describe('', () => tests(cluster));
  });
  const missing = existsSync(OLDEST) ? undefined : 'PostgreSQL 15 is not installed: apt-get install postgresql-15';
  describeWith(missing, `${name}, on PostgreSQL 15`, () => {
    const cluster = useCluster({ major: 15 });
    describe('', () => tests(cluster));
  });
}
