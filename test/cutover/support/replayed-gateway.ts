import type { Target } from '../../../src/recordings/raw-http';
import { gatewayOptions, TestGateway } from './test-gateway';
import { journalDirectory } from '../../../harness/journal-directory';

interface ReplayedSides {
  readonly blue: string;
  readonly green: { readonly url: string; readonly adminUrl: string };
}

/** A gateway that recordings are replayed through: each sequence meets empty sides and an order that begins with it. */
export class ReplayedGateway {
  /** Where it listens now. */
  readonly target: Target = { host: '127.0.0.1', port: 0 };

  private constructor(
    private readonly sides: ReplayedSides,
    /** Empties the sides that have been written to. */
    private readonly empty: () => Promise<unknown>,
    /** Brings a new gateway between empty sides to its phase. */
    private readonly advance: (through: TestGateway) => Promise<void>,
    private through: TestGateway,
    private journal: Awaited<ReturnType<typeof journalDirectory>>,
  ) {}

  static async start(
    sides: ReplayedSides,
    empty: () => Promise<unknown>,
    advance: (through: TestGateway) => Promise<void> = () => Promise.resolve(),
  ): Promise<ReplayedGateway> {
    await empty();
    const { through, journal } = await open(sides);
    const replayed = new ReplayedGateway(sides, empty, advance, through, journal);
    await replayed.begin();
    return replayed;
  }

  /**
   * Before each sequence. The sides are never emptied under a gateway that has seen their rows, which would rightly take
   * that for a loss of data: another one with a journal of its own takes its place.
   */
  async reset(): Promise<void> {
    const { place, evidence } = this.through.gateway.status;
    if (evidence.count > 0) throw new Error(`${evidence.file} is not empty`);
    if (place === 0) return;
    await this.stop();
    await this.empty();
    Object.assign(this, await open(this.sides));
    await this.begin();
  }

  async stop(): Promise<void> {
    await this.through.close();
    await this.journal.remove();
  }

  private async begin(): Promise<void> {
    await this.advance(this.through);
    this.target.port = Number(new URL(this.through.url).port);
  }
}

async function open({ blue, green }: ReplayedSides) {
  const journal = await journalDirectory();
  return { journal, through: await TestGateway.start(gatewayOptions(blue, green, journal.path)) };
}
