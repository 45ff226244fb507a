import { randomUUID } from 'node:crypto';
import type { Held } from '../order/held';
import type { Order } from '../order/order';
import type { Resource } from '../traffic/resource';
import { PhaseRefused } from '../traffic/phase-refused';
import type { EvidenceFile } from './kept/evidence-file';

/** `import`: a copy for green; `verify`: both sides are read while they are level. */
export type MarkPurpose = 'import' | 'verify';

/** An open mark: writes are held back until it ends or expires. */
export interface OpenMark {
  readonly mark: string;
  readonly place: number;
  /** After so many seconds writes go on, and the mark is void. */
  readonly seconds: number;
}

/** What an import says of itself: the next ids that it gave to green, and how many rows of blue it left out. */
export interface ImportedCopy {
  readonly nextIds?: Partial<Record<Resource, number>>;
  readonly leftOut?: number;
}

const DEFAULT_SECONDS = 60;
const LONGEST_SECONDS = 600;

interface Current {
  readonly open: OpenMark;
  readonly purpose: MarkPurpose;
  readonly held: Held;
  timer: NodeJS.Timeout | undefined;
}

/** Gives a place of the order at which both lists can be read: no write is under way, and none begins, until the mark ends. */
export class Marks {
  private current: Current | undefined;

  constructor(
    private readonly order: Order,
    private readonly evidence: EvidenceFile,
  ) {}

  /** @throws PhaseRefused, OrderRefused saying what to do */
  async begin(purpose: MarkPurpose, seconds: number = DEFAULT_SECONDS): Promise<OpenMark> {
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      throw new PhaseRefused(`A mark may hold writes back for up to ${LONGEST_SECONDS} seconds, not ${seconds}.`);
    }
    // One that was released, and whose import has not come to its end, gives way to the next.
    if (this.current?.timer === undefined) this.abandon(this.current?.open.mark);
    const held = await this.order.hold(purpose);
    const open = { mark: randomUUID(), place: held.place, seconds };
    const timer = setTimeout(() => this.abandon(open.mark), seconds * 1000).unref();
    this.current = { open, purpose, held, timer };
    return open;
  }

  /** Everything was read: writes go on, and are kept for green in case that the copy is completed. @throws PhaseRefused */
  release(mark: unknown): void {
    const current = this.demand(mark);
    clearTimeout(current.timer);
    current.timer = undefined;
    current.held.release();
  }

  /** The copy is complete: writes go on, and green is fed from here once shadow begins. @throws PhaseRefused, OrderRefused */
  async end(mark: unknown, { nextIds = {}, leftOut = 0 }: ImportedCopy = {}): Promise<number> {
    const current = this.demand(mark);
    const { held, purpose, open } = current;
    // It must not expire while the copy is noted.
    clearTimeout(current.timer);
    this.current = undefined;
    if (purpose === 'verify') {
      held.abandon();
      return open.place;
    }
    this.evidence.leaveOut(leftOut);
    await held.attach(nextIds, leftOut);
    return open.place;
  }

  /** The copy failed: writes go on as if nothing had been. */
  abandon(mark: unknown): void {
    const { current } = this;
    if (current === undefined || current.open.mark !== mark) return;
    clearTimeout(current.timer);
    this.current = undefined;
    current.held.abandon();
  }

  /** The gateway stops. */
  stop(): void {
    this.abandon(this.current?.open.mark);
  }

  private demand(mark: unknown): Current {
    const { current } = this;
    if (current !== undefined && current.open.mark === mark) return current;
    throw new PhaseRefused(
      'This mark has expired or was never begun: begin again, with more seconds if the copy takes longer.',
    );
  }
}
