import type { FollowerKeeper } from '../follower/follower-keeper';
import type { OrderContext } from '../owner/order-context';
import type { OwnerWrites } from '../owner/owner-writes';
import type { Side } from '../sides/side';
import { SideAway } from '../sides/side-away';
import { hasFollower, ownerIn } from '../traffic/phase';
import { rawResponse, recordedRequest, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import { otherSide, type SideName } from '../traffic/side-name';
import type { RoutedRequest, WriteRoute } from '../traffic/write-route';
import type { ReadPath, ReadSamples, WritePath } from './request-handler';
import { bucketOf, type OwnWrites } from './split';

/** Writes go through the order. */
export class OrderedWrites implements WritePath {
  constructor(
    private readonly context: OrderContext,
    private readonly writes: OwnerWrites,
    private readonly ownWrites: OwnWrites,
  ) {}

  async submit(routed: RoutedRequest & { write: WriteRoute }, request: RawRequest, client: string): Promise<RawAnswer> {
    const owner = () => ownerIn(this.context.state.phase);
    const { answer, place } = await this.writes.submit(owner, routed, request);
    if (place !== null) this.ownWrites.wrote(client, place);
    return answer;
  }
}

/** Reads go to the owner but in a split, where green answers those whose own writes it has. */
export class PhaseReaders implements ReadPath {
  /** @param lagLimit so many writes may green lack and still answer reads of clients that did not make them */
  constructor(
    private readonly context: OrderContext,
    private readonly keeper: FollowerKeeper,
    private readonly ownWrites: OwnWrites,
    private readonly lagLimit: number,
  ) {}

  get owner(): SideName {
    return ownerIn(this.context.state.phase);
  }

  sideFor(client: () => string): SideName {
    const { keeper, ownWrites, context } = this;
    const { phase, percent } = context.state;
    if (phase !== 'split') return this.owner;
    const { log } = context.parts;
    const key = client();
    const isClose = log.behind - log.unanswered <= this.lagLimit;
    const isFed = keeper.state === 'level' || keeper.state === 'catching up';
    return bucketOf(key) < percent && isFed && isClose && ownWrites.areFollowed(key) ? 'green' : 'blue';
  }
}

const NOTHING = Buffer.alloc(0);

/** A longer answer of the other side is not read to its end. */
const LONGEST_COMPARED = 8 << 20;

/** Reads that are sampled at once. */
const SAMPLES = 4;

/** Compares every so-many-th read, while both sides stand still at the same place. */
export class StillSamples implements ReadSamples {
  private sampled = 0;
  private underWay = 0;

  /**
   * @param sides for samples alone
   * @param share the part of the reads that is compared, from 0 to 1
   */
  constructor(
    private readonly context: OrderContext,
    private readonly keeper: FollowerKeeper,
    private readonly sides: Readonly<Record<SideName, Side>>,
    private readonly share: number,
  ) {}

  sample(
    request: Omit<RawRequest, 'body'>,
    route: string,
    side: SideName,
  ): ((answer: RawAnswer | undefined) => void) | undefined {
    const { log, observer } = this.context.parts;
    const isStill = () => log.behind === 0 && log.unanswered === 0;
    if (!hasFollower(this.context.state.phase) || this.keeper.state !== 'level' || !isStill()) return undefined;
    if (this.underWay >= SAMPLES) return undefined;
    this.sampled += this.share;
    if (this.sampled < 1) return undefined;
    this.sampled -= 1;
    this.underWay += 1;
    const place = log.lastPlace;
    const other = otherSide(side);
    const whole = { ...request, body: NOTHING };
    const asked = this.ask(other, route, whole);
    return (answer) => {
      void asked.then((others) => {
        this.underWay -= 1;
        // A write in between may have met one side before and the other after the read.
        if (answer === undefined || others === undefined || log.lastPlace !== place || !isStill()) return;
        const [blue, green] = (side === 'blue' ? [answer, others] : [others, answer]).map(rawResponse);
        if (blue && green) observer.onPair({ route, request: recordedRequest(whole), blue, green });
      });
    };
  }

  private async ask(side: SideName, route: string, request: RawRequest): Promise<RawAnswer | undefined> {
    const started = performance.now();
    try {
      const answer = await this.sides[side].send(request, undefined, LONGEST_COMPARED);
      const milliseconds = performance.now() - started;
      const { status } = answer;
      this.context.parts.observer.onExchange({ route, method: request.method, side, status, milliseconds });
      return answer;
    } catch (error) {
      if (error instanceof SideAway) return undefined;
      throw error;
    }
  }
}
