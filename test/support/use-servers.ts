import { useCluster } from './clusters';
import { ServerProcess } from '../../harness/server-process';

/** Servers on one database, which is made before the tests of this block. Each is killed after the test that started it. */
export function useServers(): {
  readonly databaseUrl: () => string;
  readonly startServer: (environment?: Readonly<Record<string, string>>) => Promise<ServerProcess>;
} {
  const cluster = useCluster();
  const servers: ServerProcess[] = [];
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await cluster().createDatabase();
  });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.kill())));
  return {
    databaseUrl: () => databaseUrl,
    startServer: async (environment = {}) => {
      const server = await ServerProcess.start({ DATABASE_URL: databaseUrl, ...environment });
      servers.push(server);
      return server;
    },
  };
}
