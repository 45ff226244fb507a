import { aCollection, aLocation, json } from '../../../harness/samples';
import type { PostgresCluster } from '../../../harness/postgres-cluster';
import { journalDirectory } from '../../../harness/journal-directory';
import { useCluster } from '../../support/clusters';
import { GreenSide } from './green-side';
import { MemoryApi } from './memory-api';
import { gatewayOptions, TestGateway, type TestOptions } from './test-gateway';

/** A gateway between an old API that can be told to fail and the new one, new for each test, and the requests of its clients. */
export class TwoSides {
  private constructor(
    /** As deployed: it takes any text where the contract has an enumeration. */
    readonly blue: MemoryApi,
    readonly green: GreenSide,
    readonly journal: Awaited<ReturnType<typeof journalDirectory>>,
    public through: TestGateway,
  ) {}

  static async start(cluster: PostgresCluster): Promise<TwoSides> {
    const [blue, green, journal] = await Promise.all([
      new MemoryApi(false).start(),
      GreenSide.start(cluster),
      journalDirectory(),
    ]);
    const through = await TestGateway.start(gatewayOptions(blue.url, green, journal.path));
    return new TwoSides(blue, green, journal, through);
  }

  async stop(): Promise<void> {
    await this.through.close();
    await Promise.all([this.blue.stop(), this.green.stop()]);
    await this.journal.remove();
  }

  /** Stops the gateway in order and starts it again on its journal. */
  async restart(changes: Partial<TestOptions> = {}): Promise<void> {
    const options = { ...this.through.options, ...changes };
    await this.through.close();
    this.through = await TestGateway.start(options);
  }

  get evidence(): number {
    return this.through.gateway.status.evidence.count;
  }

  create(changes?: Record<string, unknown>): Promise<Response> {
    return fetch(`${this.through.url}/api/collections`, json('POST', aCollection(changes)));
  }

  createLocation(changes?: Record<string, unknown>): Promise<Response> {
    return fetch(`${this.through.url}/api/locations`, json('POST', aLocation(changes)));
  }

  replace(id: number, changes?: Record<string, unknown>): Promise<Response> {
    return fetch(`${this.through.url}/api/collections/${id}`, json('PUT', aCollection(changes)));
  }

  remove(id: number): Promise<Response> {
    return fetch(`${this.through.url}/api/collections/${id}`, { method: 'DELETE' });
  }

  /** Both hold the same rows. */
  async expectEqual(): Promise<void> {
    expect(await this.green.list('collections')).toBe(this.blue.list('collections'));
    expect(await this.green.list('locations')).toBe(this.blue.list('locations'));
  }
}

/** Two sides and their gateway for each test of this file. */
export function useTwoSides(): () => TwoSides {
  const cluster = useCluster();
  let sides: TwoSides;
  beforeEach(async () => {
    sides = await TwoSides.start(cluster());
  });
  afterEach(() => sides.stop());
  return () => sides;
}

export async function idOf(answer: Response): Promise<number> {
  return ((await answer.json()) as { id: number }).id;
}
