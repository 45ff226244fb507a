import type { FollowerKeeper } from '../follower/follower-keeper';
import type { OrderContext } from '../owner/order-context';
import { digestOf } from '../traffic/raw-message';
import type { ImportMark } from '../journal/state-file';
import { hasFollower } from '../traffic/phase';
import { PhaseRefused } from '../traffic/phase-refused';

/** `import`: a copy for green; `verify`: both sides are read while they are level. */
export type MarkPurpose = 'import' | 'verify';

/** An open mark: writes are held back until it ends or expires. */
export interface OpenMark {
  readonly mark: string;
  readonly place: number;
  /** After so many seconds writes go on, and the mark is void. */
  readonly seconds: number;
}

/** What an import says of itself: the next ids that it gave to green, and whether it replaced values. */
export interface ImportedCopy {
  readonly collections?: number;
  readonly locations?: number;
  /** Values that green does not have became others, so that its analytics are not blue's. */
  readonly mapped?: boolean;
  /** Rows that blue cannot render were left out, so that green holds fewer. */
  readonly incomplete?: boolean;
}

const DEFAULT_SECONDS = 60;
const LONGEST_SECONDS = 600;
/** Milliseconds that writes under way may take to end. */
const LONGEST_DRAIN = 10_000;

/** Gives a place of the order at which both lists can be read: no write is under way, and none begins, until the mark ends. */
export class ImportMarks {
  private current:
    | {
        readonly open: OpenMark;
        readonly kept: ImportMark | undefined;
        /** It does not expire any more. */
        readonly stay: () => void;
        readonly end: () => void;
      }
    | undefined;
  /** A copy whose writes go on, and which nobody has said to be complete. */
  private released: { readonly open: OpenMark; readonly kept: ImportMark } | undefined;
  private beginning = false;
  private count = 0;

  constructor(
    private readonly context: OrderContext,
    private readonly keeper: FollowerKeeper,
  ) {}

  /** @throws PhaseRefused saying what to do */
  async begin(purpose: MarkPurpose, seconds: number = DEFAULT_SECONDS): Promise<OpenMark> {
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      throw new PhaseRefused(`A mark may hold writes back for up to ${LONGEST_SECONDS} seconds, not ${seconds}.`);
    }
    if (this.current !== undefined || this.beginning) {
      throw new PhaseRefused(
        'Another copy is being taken: wait until it has ended, at most the time that it asked for.',
      );
    }
    this.demandPhase(purpose);
    this.drop();
    this.beginning = true;
    const release = this.context.parts.hold.begin(`a copy is taken (${purpose})`);
    try {
      return await this.mark(purpose, seconds, release);
    } catch (error) {
      release();
      throw error;
    } finally {
      this.beginning = false;
    }
  }

  /** Everything was read: writes go on, and are kept for green in case that the copy is completed. @throws PhaseRefused */
  release(mark: unknown): void {
    const { open, kept, end } = this.demand(mark);
    if (kept !== undefined) {
      this.released = { open, kept };
      if (this.context.state.mark === null) this.context.parts.log.attach(open.place);
    }
    end();
  }

  /** The copy is complete: writes go on, and green is fed from here once shadow begins. @throws PhaseRefused */
  async end(mark: unknown, next: ImportedCopy = {}): Promise<number> {
    if (this.released !== undefined && this.released.open.mark === mark) {
      const { open, kept } = this.released;
      await this.keep(kept, next);
      this.released = undefined;
      return open.place;
    }
    const current = this.demand(mark);
    // Writes that went on while the copy is noted would be missing in it.
    current.stay();
    try {
      if (current.kept !== undefined) await this.keep(current.kept, next);
    } finally {
      current.end();
    }
    return current.open.place;
  }

  /** The copy failed: writes go on as if nothing had been. */
  abandon(mark: unknown): void {
    const { current } = this;
    if (current !== undefined && current.open.mark === mark) current.end();
    if (this.released?.open.mark === mark) this.drop();
  }

  private drop(): void {
    if (this.released === undefined) return;
    this.released = undefined;
    // Without an earlier copy nobody needs what was written since.
    if (this.context.state.mark === null) this.context.parts.log.attach(null);
  }

  private demand(mark: unknown): NonNullable<typeof this.current> {
    const { current } = this;
    if (current !== undefined && current.open.mark === mark) return current;
    throw new PhaseRefused(
      'This mark has expired or was never begun: begin again, with more seconds if the copy takes longer.',
    );
  }

  private demandPhase(purpose: MarkPurpose): void {
    const { phase } = this.context.state;
    if (purpose === 'import' && phase !== 'blue') {
      throw new PhaseRefused(
        `An import is taken in phase blue, not in ${phase}: run "phase blue" first, and empty green.`,
      );
    }
    if (purpose === 'verify' && !hasFollower(phase)) {
      throw new PhaseRefused(`In phase ${phase} the sides are not kept level: verify in shadow, split or green.`);
    }
  }

  private async mark(purpose: MarkPurpose, seconds: number, release: () => void): Promise<OpenMark> {
    const { parts } = this.context;
    const signal = AbortSignal.timeout(LONGEST_DRAIN);
    try {
      await this.context.drained(signal);
      if (purpose === 'verify') await this.keeper.level(signal);
    } catch {
      throw new PhaseRefused(
        `Writes did not come to rest within ${LONGEST_DRAIN / 1000} s (${this.keeper.side} is ${this.keeper.state}): try again.`,
      );
    }
    const place = parts.log.lastPlace;
    const open = { mark: `${process.pid}-${++this.count}`, place, seconds };
    const kept = purpose === 'import' ? await this.fingerprint(place) : undefined;
    const timer = setTimeout(() => this.current?.end(), seconds * 1000);
    const stay = () => clearTimeout(timer);
    const end = () => {
      stay();
      this.current = undefined;
      release();
    };
    this.current = { open, kept, stay, end };
    return open;
  }

  private async fingerprint(place: number): Promise<ImportMark> {
    const { reader } = this.context.parts;
    const { status, body } = await reader.analytics('blue');
    const locations = await reader.list('blue', 'locations');
    const readable = status === 200;
    return {
      place,
      total: readable ? totalOf(body) : '',
      analytics: readable ? digestOf(body) : '',
      locations: digestOf(locations),
    };
  }

  private async keep(
    mark: ImportMark,
    { collections, locations, mapped = false, incomplete = false }: ImportedCopy,
  ): Promise<void> {
    const { parts, state } = this.context;
    await parts.evidence.archive(mark.place);
    Object.assign(state, {
      mark: { ...mark, ...((mapped || incomplete) && { analytics: '' }), ...(incomplete && { total: '' }) },
      markChecked: false,
      acknowledged: 0,
      halted: null,
    });
    parts.ids.forget('green');
    if (collections !== undefined) parts.ids.created('green', 'collections', collections - 1);
    if (locations !== undefined) parts.ids.created('green', 'locations', locations - 1);
    parts.log.attach(mark.place);
    await this.context.save();
  }
}

/** The start of the analytics: how many collections there are. */
export function totalOf(analytics: Buffer): string {
  return analytics.toString('latin1').split(',', 1)[0] ?? '';
}
