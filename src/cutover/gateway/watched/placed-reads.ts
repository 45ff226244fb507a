import type { ExchangeObserver } from '../../comparison/exchange-observer';
import type { Answer, Request, SideName } from '../../order/nouns';
import type { PlacedRequest } from '../../order/ports';
import { rawResponse, recordedRequest } from '../../traffic/raw-message';

/** What is asked of the two sides, each at once when it is called. */
export interface ReadSides {
  /** On blue's one connection, behind everything that was sent on it. */
  readonly blueInOrder: (request: Request) => Promise<Answer>;
  readonly ask: (side: SideName, request: Request) => Promise<Answer>;
}

export interface OrderNow {
  readonly owner: () => SideName;
  /** The latest place, if both sides have everything up to it; undefined while a write is under way or the follower lacks one. */
  readonly rest: () => number | undefined;
}

/** Milliseconds for which a read waits until the follower has come to its place. */
const PATIENCE = 5000;

interface Waiting {
  readonly marker: Request;
  /** Reads the follower now. */
  readonly run: () => Promise<void>;
  /** It cannot be read there any more. */
  readonly drop: () => void;
}

/**
 * Asks both sides the same read in one state of their rows, while writes flow. The owner's state is told by the last write in
 * front of the read; the follower is read when it has carried out that one and not yet the next. Blue is read on its one
 * connection, in order; green between two batches, one of which is cut for it.
 */
export class PlacedReads {
  /** The last write that the owner has answered. */
  private latest: Request | undefined;
  /** The last write that the follower was given, and all of them. */
  private position: Request | undefined;
  private given = new WeakSet<Request>();
  private waiting: Waiting | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private isBusy = false;

  constructor(
    private readonly sides: ReadSides,
    private readonly order: OrderNow,
    private readonly observer: ExchangeObserver,
  ) {}

  /** Compares the sides' answers, one read at a time: while one is compared, others are not. */
  async compare(route: string, request: Request): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      const pair = (await this.atRest(request)) ?? (await this.underWay(request));
      if (pair === undefined) return;
      const { blue, green } = pair;
      const recorded = recordedRequest(request);
      this.observer.onPair({ route, request: recorded, blue: rawResponse(blue), green: rawResponse(green) });
    } catch {
      // A side that does not answer is counted where clients ask it.
    } finally {
      this.isBusy = false;
    }
  }

  /** Does something at green while nothing else is under way there. */
  inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = this.turn.then(task);
    this.turn = done.catch(() => undefined);
    return done;
  }

  /** How many of these may be given to green before it is to be read; all of them if it is not. */
  cutIn(writes: readonly PlacedRequest[]): number {
    const { waiting } = this;
    const index = waiting === undefined ? -1 : writes.findIndex(({ request }) => request === waiting.marker);
    return index < 0 ? writes.length : index + 1;
  }

  /** Blue, as the owner, has answered a write: in order. */
  blueAnswered(request: Request, { status }: Answer): void {
    // Behind a failure nobody knows what it did.
    if (status < 500) this.latest = request;
    else this.reset();
  }

  /** Blue, as the follower, was sent a write. */
  blueWasGiven(request: Request): void {
    this.position = request;
    this.given.add(request);
    if (this.waiting?.marker === request) void this.run();
  }

  /** Green, as the owner, has answered a batch. @param applied the last one that took effect */
  greenAnswered(applied: Request | undefined): void {
    this.latest = applied ?? this.latest;
  }

  /** Green, as the follower, has carried out these. */
  async greenWasGiven(requests: readonly Request[]): Promise<void> {
    for (const request of requests) this.given.add(request);
    this.position = requests.at(-1) ?? this.position;
    const { waiting } = this;
    if (waiting === undefined || !this.given.has(waiting.marker)) return;
    if (waiting.marker === this.position) await this.run();
    else this.drop();
  }

  /** What was known of the sides' places is not known any more. */
  reset(): void {
    this.latest = undefined;
    this.position = undefined;
    this.given = new WeakSet();
    this.drop();
  }

  private async atRest(request: Request): Promise<Pair | undefined> {
    const place = this.order.rest();
    if (place === undefined) return undefined;
    const [blue, green] = await Promise.all([this.sides.ask('blue', request), this.sides.ask('green', request)]);
    return this.order.rest() === place ? { blue, green } : undefined;
  }

  private async underWay(request: Request): Promise<Pair | undefined> {
    // What else there is, blue's one connection need not understand.
    if (request.method !== 'GET') return undefined;
    if (this.order.owner() === 'blue') {
      const blue = await this.sides.blueInOrder(request);
      // Answers come in order: the last write that was answered is the last one before this read.
      const green = await this.atGreen(this.latest, request);
      return green && { blue, green };
    }
    let marker: Request | undefined;
    const green = await this.inTurn(() => {
      marker = this.latest;
      return this.sides.ask('green', request);
    });
    const blue = await this.atFollower(marker, () => this.sides.blueInOrder(request));
    return blue && { blue, green };
  }

  private async atGreen(marker: Request | undefined, request: Request): Promise<Answer | undefined> {
    const read = () => this.sides.ask('green', request);
    // In turn, so that no batch is half-way.
    const isThere = () => marker !== undefined && marker === this.position;
    const answer = await this.inTurn(async () => (isThere() ? await read() : undefined));
    return answer ?? this.atFollower(marker, read);
  }

  /** @returns undefined if the follower has gone past that write, or does not come to it in time */
  private atFollower(marker: Request | undefined, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    if (marker === undefined) return Promise.resolve(undefined);
    if (marker === this.position) return ask();
    if (this.given.has(marker)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.drop(), PATIENCE).unref();
      const run = () => ask().then(resolve, reject);
      const drop = () => resolve(undefined);
      this.waiting = { marker, run: () => (clearTimeout(timer), run()), drop: () => (clearTimeout(timer), drop()) };
    });
  }

  private async run(): Promise<void> {
    const { waiting } = this;
    this.waiting = undefined;
    await waiting?.run();
  }

  private drop(): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.drop();
  }
}

interface Pair {
  readonly blue: Answer;
  readonly green: Answer;
}
