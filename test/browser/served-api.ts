import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { startPrivateCluster } from '../recordings/private-cluster';

const MAIN = resolve(__dirname, '../../dist/main.js');

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
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run "npm run build".`);
  const cluster = await startPrivateCluster();
  const gate = new Gate(join(decodeURIComponent(/@([^/]+)\//.exec(cluster.url)![1]!), '.s.PGSQL.5432'));
  await gate.open();
  const api = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '0',
      DATABASE_URL: `postgresql://tester:hidden@127.0.0.1:${gate.port}/postgres`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (api.exitCode === null && api.kill('SIGINT')) await once(api, 'exit');
    await gate.close();
    await cluster.stop();
  };
  try {
    const url = await untilReady(api);
    return { url, loseDatabase: () => gate.close(), regainDatabase: () => gate.open(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The public address from the log, once the log says that the API is ready. */
async function untilReady(api: ChildProcess): Promise<string> {
  const said: string[] = [];
  let url: string | undefined;
  const lines = createInterface({ input: api.stdout! });
  for await (const line of lines) {
    said.push(line);
    const { msg } = JSON.parse(line) as { msg: string };
    url = /^Listening on (\S+?),/.exec(msg)?.[1] ?? url;
    if (msg === 'Ready' && url !== undefined) {
      api.stdout!.resume();
      return url;
    }
  }
  throw new Error(`The API did not become ready:\n${said.join('\n')}`);
}

/** A TCP door before a server's Unix socket. */
class Gate {
  port = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly socketPath: string) {}

  async open(): Promise<void> {
    this.server = createServer((client) => {
      const upstream = connect(this.socketPath);
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      }
      client.pipe(upstream).pipe(client);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.server?.listening !== true) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
