import { startReference, type Reference } from '../../../harness/reference';
import type { PostgresCluster } from '../../../harness/postgres-cluster';
import { eventually } from '../../../harness/eventually';
import { startFollowApp, type FollowApp } from '../../follow/follow-app';
import type { ProgramEnd } from '../../../harness/built-program';
import { runCutover } from '../../../harness/cutover-program';
import { answersOf } from '../filled-side';
import { GatewayProcess, TOKEN } from '../../../harness/gateway-process';
import { journalDirectory } from '../../../harness/journal-directory';

/** The old API as blue, the new one as green, and the built gateway between them. */
export class RealSides {
  private constructor(
    readonly blue: Reference,
    readonly green: FollowApp,
    /** Green's. */
    readonly database: string,
    readonly journal: Awaited<ReturnType<typeof journalDirectory>>,
    readonly gateway: GatewayProcess,
  ) {}

  static async start(cluster: PostgresCluster): Promise<RealSides> {
    const database = await cluster.createDatabase();
    const [blue, green, journal] = await Promise.all([startReference(), startFollowApp(database), journalDirectory()]);
    const greens = ['--green', green.url, '--green-admin', green.adminUrl];
    const addresses = ['--blue', blue.url, ...greens, '--journal', journal.path];
    // How fast two servers of a test are on one busy machine says nothing.
    const gateway = new GatewayProcess([...addresses, '--typed-blue', '--p95-ratio', '100']);
    await gateway.start();
    return new RealSides(blue, green, database, journal, gateway);
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.green.close();
    await this.blue.stop();
    await this.journal.remove();
  }

  /** Runs a verb with the gateway's token and green's database, as an operator has them set. */
  run(...args: string[]): Promise<ProgramEnd> {
    return runCutover(args, {
      DATABASE_URL: this.database,
      WASTE_CUTOVER_TOKEN: TOKEN,
      WASTE_CUTOVER_CONTROL: this.gateway.control,
    });
  }

  /** Begins shadow while both sides are empty, so that the copy is there already. */
  async shadow(): Promise<void> {
    const { mark } = (await this.gateway.ask('POST', '/import-mark', { action: 'begin' })) as { mark: string };
    await this.gateway.ask('POST', '/import-mark', { action: 'end', mark });
    expect(await this.gateway.ask('POST', '/phase', { phase: 'shadow' })).toMatchObject({ phase: 'shadow' });
  }

  /** Waits until the follower has every write. */
  async level(): Promise<void> {
    await eventually(async () => {
      const { behind, follower } = await this.gateway.status();
      if (behind > 0 || follower.state !== 'level') throw new Error('not level');
    });
  }

  async expectEqual(): Promise<void> {
    expect(await answersOf(this.green.url)).toEqual(await answersOf(this.blue.url));
  }
}
