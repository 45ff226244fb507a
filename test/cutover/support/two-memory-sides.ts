import { aCollection, aLocation, json } from '../../../harness/samples';
import { MemoryApi } from './memory-api';
import { gatewayOptions, TestGateway } from './test-gateway';
import { journalDirectory } from '../../../harness/journal-directory';

/** A gateway between two sides in memory, new for each test, and the requests of its clients. */
export class TwoMemorySides {
  private constructor(
    /** As deployed: it takes any text where the contract has an enumeration. */
    readonly blue: MemoryApi,
    readonly green: MemoryApi,
    readonly journal: Awaited<ReturnType<typeof journalDirectory>>,
    public through: TestGateway,
  ) {}

  static async start(): Promise<TwoMemorySides> {
    const blue = await new MemoryApi(false).start();
    const green = await new MemoryApi().start();
    const journal = await journalDirectory();
    const through = await TestGateway.start(gatewayOptions(blue.url, green.url, journal.path));
    return new TwoMemorySides(blue, green, journal, through);
  }

  async stop(): Promise<void> {
    await this.through.close();
    await this.blue.stop();
    await this.green.stop();
    await this.journal.remove();
  }

  /** Stops the gateway in order and starts it again on its journal. */
  async restart(): Promise<void> {
    const { options } = this.through;
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

  /** Both hold the same rows, and would give the same id next. */
  expectEqual(): void {
    expect(this.green.list('collections')).toBe(this.blue.list('collections'));
    expect(this.green.list('locations')).toBe(this.blue.list('locations'));
    expect(this.green.nextId()).toBe(this.blue.nextId());
  }
}

/** Two sides and their gateway for each test of this file. */
export function useTwoMemorySides(): () => TwoMemorySides {
  let sides: TwoMemorySides;
  beforeEach(async () => {
    sides = await TwoMemorySides.start();
  });
  afterEach(() => sides.stop());
  return () => sides;
}

export async function idOf(answer: Response): Promise<number> {
  return ((await answer.json()) as { id: number }).id;
}
