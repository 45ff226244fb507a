import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ServerUnderTest } from '../bench/sides/server-under-test';
import { runCutover, type Ended } from '../test/cutover/cutover-program';
import { GatewayProcess, TOKEN } from '../test/cutover/support/gateway-process';
import { journalDirectory } from '../test/cutover/support/test-gateway';
import { freePort } from '../test/support/free-port';
import { PostgresCluster } from '../test/support/postgres-cluster';

const REFERENCE = resolve(__dirname, '../test/reference');
const PYTHON = resolve(REFERENCE, 'venv/bin/python');
const MAIN = resolve(__dirname, '../dist/main.js');

/** A foreseen reason why the drill cannot be held or goes wrong; the message says what to do. */
export class DrillError extends Error {
  override readonly name = 'DrillError';
}

/** A server that can be killed, and started again where it was. */
export class Actor {
  private server: ServerUnderTest | undefined;

  private constructor(
    readonly url: string,
    private readonly launch: () => Promise<ServerUnderTest>,
  ) {}

  /** The old API; `untyped` as it is deployed. @throws DrillError if Python's packages are not installed */
  static async reference(untyped: boolean): Promise<Actor> {
    if (!existsSync(PYTHON)) throw new DrillError('the reference is not installed: run test/reference/install.sh');
    const port = await freePort();
    const args = [resolve(REFERENCE, 'app.py'), '--port', String(port), ...(untyped ? ['--untyped'] : [])];
    return Actor.start(port, () => ServerUnderTest.start({ command: PYTHON, args }, port));
  }

  /** The new API on a database. */
  static async api(databaseUrl: string): Promise<Actor> {
    const port = await freePort();
    const environment = { DATABASE_URL: databaseUrl, PORT: String(port), ADMIN_PORT: '0', HOST: '127.0.0.1' };
    const launch = { command: process.execPath, args: [MAIN], environment };
    return Actor.start(port, () => ServerUnderTest.start(launch, port));
  }

  private static async start(port: number, launch: () => Promise<ServerUnderTest>): Promise<Actor> {
    const actor = new Actor(`http://127.0.0.1:${port}`, launch);
    await actor.start();
    return actor;
  }

  async start(): Promise<void> {
    this.server = await this.launch();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.server?.stop();
  }
}

/** Everything that takes part in one rehearsal, on one machine. */
export class Stage {
  private constructor(
    readonly cluster: PostgresCluster,
    readonly databaseUrl: string,
    readonly blue: Actor,
    readonly green: Actor,
    readonly gateway: GatewayProcess,
    private readonly removeJournal: () => Promise<void>,
  ) {}

  /** Starts everything but the gateway. @throws DrillError, BenchError with the last words of what did not start */
  static async set(untyped: boolean, gatewayOptions: readonly string[]): Promise<Stage> {
    if (!existsSync(MAIN)) throw new DrillError(`${MAIN} is missing: run "npm run build"`);
    const cluster = await PostgresCluster.start({ durable: true });
    const databaseUrl = await cluster.createDatabase();
    const [blue, green] = [await Actor.reference(untyped), await Actor.api(databaseUrl)];
    const journal = await journalDirectory();
    const options = ['--blue', blue.url, '--green', green.url, '--journal', journal.path, ...gatewayOptions];
    return new Stage(cluster, databaseUrl, blue, green, new GatewayProcess(options), journal.remove);
  }

  /** Runs a verb as an operator does. */
  verb(...args: string[]): Promise<Ended> {
    const environment = {
      WASTE_CUTOVER_TOKEN: TOKEN,
      WASTE_CUTOVER_CONTROL: this.gateway.control,
      DATABASE_URL: this.databaseUrl,
    };
    return runCutover(args, environment);
  }

  async clear(): Promise<void> {
    await this.gateway.kill();
    await this.green.kill();
    await this.blue.kill();
    await this.cluster.stop();
    await this.removeJournal();
  }
}
