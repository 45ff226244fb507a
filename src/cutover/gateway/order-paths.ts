import type { Order } from '../order/order';
import { ownerIn } from '../traffic/phase';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { SideName } from '../traffic/side-name';
import type { RoutedRequest, WriteRoute } from '../traffic/write-route';
import { bucketOf } from './client-key';
import { answerTo } from './replies';
import type { ReadPath, WritePath } from './request-handler';

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
