import { readEvents } from '../../../src/cutover/events/read-events';
import type { GatewayEvent } from '../../../src/cutover/events/event';
import type { ProgramEnd } from '../../../harness/built-program';
import { runCutover } from '../../../harness/cutover-program';
import { eventually } from '../../../harness/eventually';
import type { PostgresCluster } from '../../../harness/postgres-cluster';
import { FOLLOW_TOKEN, GatewayProcess, TOKEN } from '../../../harness/gateway-process';
import { journalDirectory } from '../../../harness/journal-directory';
import { aCollection, json } from '../../../harness/samples';
import { GreenSide } from '../support/green-side';
import { MemoryApi } from '../support/memory-api';

/** The built gateway in a process of its own between two sides that can be told to fail, and what an operator does with it. */
export class WatchedSides {
  private constructor(
    readonly blue: MemoryApi,
    readonly green: GreenSide,
    readonly journal: Awaited<ReturnType<typeof journalDirectory>>,
    readonly gateway: GatewayProcess,
  ) {}

  static async start(cluster: PostgresCluster, ...options: string[]): Promise<WatchedSides> {
    const [blue, green] = await Promise.all([new MemoryApi(false).start(), GreenSide.start(cluster)]);
    const journal = await journalDirectory();
    const greens = ['--green', green.url, '--green-admin', green.adminUrl];
    const addresses = ['--blue', blue.url, ...greens, '--journal', journal.path];
    // How fast two servers of a test are on one busy machine says nothing.
    const gateway = new GatewayProcess([...addresses, '--sample', '1', '--p95-ratio', '1000', ...options]);
    await gateway.start();
    return new WatchedSides(blue, green, journal, gateway);
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await Promise.all([this.blue.stop(), this.green.stop()]);
    await this.journal.remove();
  }

  run(...args: string[]): Promise<ProgramEnd> {
    return runCutover(args, { WASTE_CUTOVER_TOKEN: TOKEN, FOLLOW_TOKEN, WASTE_CUTOVER_CONTROL: this.gateway.control });
  }

  /** GET at the control port. */
  look(path: string, token: string | undefined = TOKEN): Promise<Response> {
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
    return fetch(`${this.gateway.control}${path}`, { headers });
  }

  create(changes?: Record<string, unknown>): Promise<Response> {
    return fetch(`${this.gateway.url}/api/collections`, json('POST', aCollection(changes)));
  }

  /** Gives green a copy while both sides hold the same, and goes to shadow. */
  async shadow(): Promise<void> {
    const { mark } = (await this.gateway.ask('POST', '/import-mark', { action: 'begin' })) as { mark: string };
    await this.gateway.ask('POST', '/import-mark', { action: 'end', mark });
    const now = (await this.gateway.ask('POST', '/phase', { phase: 'shadow' })) as { phase?: string };
    if (now.phase !== 'shadow') throw new Error(JSON.stringify(now));
  }

  level(): Promise<void> {
    return eventually(async () => {
      const { behind, follower } = await this.gateway.status();
      if (behind > 0 || follower.state !== 'level') throw new Error('not level');
    });
  }

  /** What `events.jsonl` holds. */
  async events(): Promise<readonly GatewayEvent[]> {
    return (await readEvents(this.journal.path)).events;
  }

  /** Waits until there is such an event. */
  told(isMeant: (event: GatewayEvent) => boolean): Promise<GatewayEvent> {
    return eventually(async () => {
      const event = (await this.events()).find(isMeant);
      if (event === undefined) throw new Error('not told yet');
      return event;
    });
  }
}
