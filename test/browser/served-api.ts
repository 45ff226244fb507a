import { Gate } from '../support/gate';
import { PostgresCluster } from '../../harness/postgres-cluster';
import { ServerProcess } from '../../harness/server-process';

/** The built API in a process of its own, on a database of its own whose connection can be cut. */
export interface ServedApi {
  readonly url: string;
  /** Cuts every connection to the database and refuses new ones. */
  loseDatabase(): Promise<void>;
  /** Lets connections through again. */
  regainDatabase(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts all of it; resolves when the API is ready. */
export async function serveApi(): Promise<ServedApi> {
  const cluster = await PostgresCluster.start();
  const gate = new Gate(cluster.socket);
  await gate.open();
  const api = ServerProcess.spawn({ DATABASE_URL: `postgresql://tester:hidden@127.0.0.1:${gate.port}/postgres` });
  const stop = async () => {
    await api.interrupt();
    await gate.close();
    await cluster.stop();
  };
  try {
    await api.untilReady();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: api.url, loseDatabase: () => gate.close(), regainDatabase: () => gate.open(), stop };
}
