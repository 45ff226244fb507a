import type { Order } from '../order/order';
import { ownerIn } from '../traffic/phase';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { SideName } from '../traffic/side-name';
import type { RoutedRequest, WriteRoute } from '../traffic/write-route';
import { bucketOf } from './client-key';
import { answerTo } from './replies';
import type { ReadPath, ReadSamples, WritePath } from './request-handler';
import type { PlacedReads } from './watched/placed-reads';

/** Writes go through the order. */
export class OrderedWrites implements WritePath {
  constructor(private readonly order: Order) {}

  async submit(routed: RoutedRequest & { write: WriteRoute }, request: RawRequest, client: string): Promise<RawAnswer> {
    const { reply } = await this.order.submit(routed.write, request, client);
    return answerTo(reply);
  }
}

/** Reads go to the owner but in a split, where green answers those whose own writes it has. */
export class PhaseReaders implements ReadPath {
  /** @param lagLimit so many writes may green lack and still answer reads of clients that did not make them */
  constructor(
    private readonly order: Order,
    private readonly lagLimit: number,
  ) {}

  get owner(): SideName {
    return ownerIn(this.order.phase);
  }

  sideFor(client: () => string): SideName {
    const { order } = this;
    if (order.phase !== 'split') return this.owner;
    const key = client();
    const isClose = order.behind <= this.lagLimit;
    return bucketOf(key) < order.percent && isClose && order.mayReadFromGreen(key) ? 'green' : 'blue';
  }
}

const NOTHING = Buffer.alloc(0);

/** Chooses every so-many-th read, and compares it once its client has the answer. */
export class PlacedSamples implements ReadSamples {
  private sampled = 0;

  /** @param share the part of the reads that is compared, from 0 to 1 */
  constructor(
    private readonly order: Order,
    private readonly placed: PlacedReads,
    private readonly share: number,
  ) {}

  sample(
    head: Omit<RawRequest, 'body'>,
    route: string,
  ): ((answer: RawAnswer | undefined) => void) | undefined {
    if (!this.order.isFollowed) return undefined;
    this.sampled += this.share;
    if (this.sampled < 1) return undefined;
    this.sampled -= 1;
    return (answer) => {
      // Behind a failure the old server ends its connection, on which writes are under way.
      if (answer !== undefined && answer.status < 500) void this.placed.compare(route, { ...head, body: NOTHING });
    };
  }
}
