import type { IncomingMessage } from 'node:http';
import { recordedRequest, type RawRequest } from '../../traffic/raw-message';
import { ownerIn, type PhaseName } from '../../traffic/phase';
import { otherSide, type SideName } from '../../traffic/side-name';
import type { Side } from '../../sides/side';
import { answerDifferences } from '../compare-pair';
import type { AnsweredPair, ExchangeObserver } from '../exchange-observer';
import { AnswerTap, type Budget, type TappedAnswer } from './answer-tap';
import { pairedAnswers } from './paired-answers';
import type { ReadScope } from './read-scope';
import type { RecentWrites, Remembered } from './recent-writes';

/** What the comparison of reads asks of the gateway. */
export interface ReadParts {
  readonly sides: Readonly<Record<SideName, Pick<Side, 'open' | 'timeout'>>>;
  readonly recent: RecentWrites;
  readonly observer: ExchangeObserver;
  /** The phase that holds, and whether the follower is fed and answers. */
  readonly now: () => { readonly phase: PhaseName; readonly isFed: boolean };
  /**
   * Asked when two answers differ: false if the follower has lost its data (the old server forgets everything when it is
   * restarted), which is no fault of an answer.
   */
  readonly isWhole?: () => Promise<boolean>;
  /** What a row of blue's is compared as, for values that the import replaced. */
  readonly rowOfBlue?: (row: Buffer) => Buffer;
}

/** One read that both sides are asked. */
export interface ReadToCompare {
  readonly request: Omit<RawRequest, 'body'>;
  readonly route: string;
  readonly scope: ReadScope;
}

/** How many reads were chosen for a comparison, and what became of them. */
export interface SampleCounts {
  sampled: number;
  compared: number;
  /** A write came between the answers, and no quieter moment came in time. */
  between: number;
  /** A side did not answer, the client left, or there was too much to hold. */
  unanswered: number;
}

/** What became of a comparison. `between`: a write came between the two answers. */
export type ReadOutcome = 'compared' | 'between' | 'unanswered';

/** Milliseconds until the follower has what the owner's answer was made of. */
const FOLLOWING_TIME = 10_000;
const NO_BODY = Buffer.alloc(0);

/**
 * Compares one read at one place of the order. The first side's answer is made of what it had when it was asked, the other
 * one's of what that one had; writes that are not in both, or came since, must concern no row that is compared.
 */
export class SampledRead {
  private readonly remembered: Remembered;
  private readonly phase: PhaseName;
  /** Everything up to here is in the first side's answer. */
  private readonly has: number;
  private readonly last: number;
  private readonly taps: AnswerTap[] = [];

  /** @param first the side that is asked first; from now on on */
  constructor(
    private readonly parts: ReadParts,
    private readonly budget: Budget,
    private readonly read: ReadToCompare,
    private readonly first: SideName,
  ) {
    const { recent } = parts;
    this.remembered = recent.remember();
    this.phase = parts.now().phase;
    this.has = this.placesOf(first);
    this.last = recent.lastConcerning(read.scope);
  }

  /** Forgets it. Must be called, once. */
  end(): void {
    this.parts.recent.forget(this.remembered);
    for (const tap of this.taps) tap.release();
  }

  /** Takes the first side's answer as it comes in. */
  tap(incoming: IncomingMessage): Promise<TappedAnswer | undefined> {
    return this.tapOf(this.first, incoming).answer;
  }

  /** Asks the first side, for a comparison that no client waits for. */
  askFirst(): Promise<TappedAnswer | undefined> {
    return this.ask(this.first);
  }

  /** Asks the other side, and compares. */
  async compare(first: TappedAnswer): Promise<ReadOutcome> {
    const { recent, observer } = this.parts;
    const { request, route, scope } = this.read;
    if (scope.kind === 'row' || scope.kind === 'whole') {
      if (this.isTouched(this.has)) return 'between';
    }
    const second = otherSide(this.first);
    // Of a list, rows that writes have touched are left out.
    if (scope.kind !== 'list') await recent.until(() => this.placesOf(second) >= this.last, FOLLOWING_TIME);
    const from = Math.min(this.has, this.placesOf(second));
    const answer = await this.ask(second);
    if (answer === undefined) return 'unanswered';
    if (!this.isStill() || ((scope.kind === 'row' || scope.kind === 'whole') && this.isTouched(from))) return 'between';
    const touched = recent.touchedSince(from, scope);
    const paired = pairedAnswers(first, answer, touched, this.normalised);
    if (paired === undefined) return 'between';
    const isBlueFirst = this.first === 'blue';
    const [blue, green] = isBlueFirst ? [paired.first, paired.second] : [paired.second, paired.first];
    const recorded = recordedRequest({ ...request, body: NO_BODY });
    const note = paired.note === undefined ? {} : { note: paired.note };
    const pair: AnsweredPair = { route, request: recorded, blue, green, ...note };
    if (await this.isFollowersLoss(pair)) return 'unanswered';
    observer.onPair(pair);
    return 'compared';
  }

  private async isFollowersLoss({ request, blue, green }: AnsweredPair): Promise<boolean> {
    const { isWhole } = this.parts;
    if (isWhole === undefined || this.read.scope.kind === 'nothing') return false;
    if (answerDifferences(request, blue, green).length === 0) return false;
    // A side that is away now tells nothing either.
    return !(await isWhole().catch(() => false));
  }

  /** True while nobody has become the owner or the follower anew, and the follower is fed. */
  private isStill(): boolean {
    const { phase, isFed } = this.parts.now();
    return phase === this.phase && isFed && this.parts.recent.isValid(this.remembered);
  }

  private isTouched(from: number): boolean {
    const touched = this.parts.recent.touchedSince(from, this.read.scope);
    return touched === 'all' || touched.ids.size > 0 || touched.above < Infinity;
  }

  /** A side has everything up to here. */
  private placesOf(side: SideName): number {
    const { recent } = this.parts;
    return side === ownerIn(this.phase) ? recent.answeredTo : recent.followedTo;
  }

  private ask(side: SideName): Promise<TappedAnswer | undefined> {
    const { sides, observer } = this.parts;
    const { request, route } = this.read;
    const { timeout } = sides[side];
    let started = performance.now();
    return new Promise((resolve) => {
      const outgoing = sides[side].open(request, 0);
      if (outgoing === undefined) {
        resolve(undefined);
        return;
      }
      let isObserved = false;
      const observe = (status: number | null) => {
        if (isObserved) return;
        isObserved = true;
        const milliseconds = performance.now() - started;
        observer.onExchange({ route, method: request.method, side, status, milliseconds, sampled: true });
      };
      // From then on it is the side that takes time: before, others had the connections.
      outgoing.once('socket', () => (started = performance.now()));
      // A limit of silence: a list of a million rows takes as long as it takes.
      outgoing.setTimeout(timeout, () => outgoing.destroy(new Error('silent')));
      outgoing.on('error', () => {
        observe(null);
        resolve(undefined);
      });
      outgoing.once('response', (incoming) => {
        incoming.once('end', () => observe(incoming.complete ? (incoming.statusCode ?? null) : null));
        incoming.once('close', () => observe(null));
        void this.tapOf(side, incoming).answer.then(resolve);
      });
      outgoing.end();
    });
  }

  private tapOf(side: SideName, incoming: IncomingMessage): AnswerTap {
    const isList = this.read.scope.kind === 'list';
    const normalised = side === 'blue' ? this.parts.rowOfBlue : undefined;
    const tap = new AnswerTap(incoming, { budget: this.budget, isList, normalised });
    this.taps.push(tap);
    return tap;
  }

  private get normalised(): ((at: 'first' | 'second', row: Buffer) => Buffer) | undefined {
    const { rowOfBlue } = this.parts;
    if (rowOfBlue === undefined) return undefined;
    return (at, row) => ((at === 'first') === (this.first === 'blue') ? rowOfBlue(row) : row);
  }
}
