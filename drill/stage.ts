import type { ProgramEnd } from '../harness/built-program';
import { runCutover } from '../harness/cutover-program';
import { freePort } from '../harness/free-port';
import { FOLLOW_TOKEN, GatewayProcess, TOKEN } from '../harness/gateway-process';
import { HttpProcess } from '../harness/http-process';
import { journalDirectory } from '../harness/journal-directory';
import { apiLaunch } from '../harness/launch';
import { PostgresCluster } from '../harness/postgres-cluster';
import { startReference } from '../harness/reference';

/** A foreseen reason why the drill cannot be held or goes wrong; the message says what to do. */
export class DrillError extends Error {
  override readonly name = 'DrillError';
}

/** A server that can be killed, and started again where it was. */
export class Actor {
  private server: HttpProcess | undefined;

  private constructor(
    readonly url: string,
    /** Of the new API, where it is fed. */
    readonly adminUrl: string,
    private readonly launch: () => Promise<HttpProcess>,
  ) {}

  /** The old API; `untyped` as it is deployed. @throws StartError if it does not come up */
  static async reference(untyped: boolean): Promise<Actor> {
    const port = await freePort();
    return Actor.start(port, '', async () => (await startReference({ untyped, port })).server);
  }

  /** The new API on a database. @throws StartError if it does not come up */
  static async api(databaseUrl: string): Promise<Actor> {
    const [port, adminPort] = [await freePort(), await freePort()];
    const ports = { PORT: String(port), ADMIN_PORT: String(adminPort) };
    const launch = apiLaunch({ DATABASE_URL: databaseUrl, ...ports, FOLLOW_TOKEN });
    return Actor.start(port, `http://127.0.0.1:${adminPort}`, () => HttpProcess.start(launch, port));
  }

  private static async start(port: number, adminUrl: string, launch: () => Promise<HttpProcess>): Promise<Actor> {
    const actor = new Actor(`http://127.0.0.1:${port}`, adminUrl, launch);
    await actor.start();
    return actor;
  }

  async start(): Promise<void> {
    this.server = await this.launch();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.server?.kill();
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

  /** Starts everything but the gateway. @throws StartError with the last words of what did not start */
  static async set(untyped: boolean, gatewayOptions: readonly string[]): Promise<Stage> {
    const cluster = await PostgresCluster.start({ durable: true });
    const databaseUrl = await cluster.createDatabase();
    const [blue, green] = [await Actor.reference(untyped), await Actor.api(databaseUrl)];
    const journal = await journalDirectory();
    const greens = ['--green', green.url, '--green-admin', green.adminUrl];
    const options = ['--blue', blue.url, ...greens, '--journal', journal.path, ...gatewayOptions];
    return new Stage(cluster, databaseUrl, blue, green, new GatewayProcess(options), journal.remove);
  }

  /** Runs a verb as an operator does. */
  verb(...args: string[]): Promise<ProgramEnd> {
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
