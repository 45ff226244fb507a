import type { Journal } from '../journal/journal';
import { writeState, type GatewayState } from '../journal/state-file';
import type { WriteLog } from '../journal/write-log';
import type { SideName } from '../traffic/side-name';
import type { Evidence } from '../journal/evidence';
import type { ExchangeObserver } from '../comparison/exchange-observer';
import type { WriteHold } from '../traffic/write-hold';
import type { NextIds } from '../traffic/next-ids';
import type { Side } from '../sides/side';
import type { SideReader } from '../sides/side-reader';

/** What the parts that keep the order of writes share. */
export interface OrderParts {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly journal: Journal;
  readonly log: WriteLog;
  readonly hold: WriteHold;
  readonly ids: NextIds;
  readonly reader: SideReader;
  readonly evidence: Evidence;
  readonly observer: ExchangeObserver;
}

/** The parts, and the state that they keep together. */
export class OrderContext {
  private saving: Promise<void> = Promise.resolve();

  constructor(
    readonly parts: OrderParts,
    readonly state: GatewayState,
  ) {}

  /** Makes the state as it is now durable. */
  save(): Promise<void> {
    const { log, ids, journal } = this.parts;
    const next = this.saving.then(() => {
      Object.assign(this.state, { lastPlace: log.lastPlace, followedTo: log.followedTo, ids: ids.toJSON() });
      return writeState(journal.directory, this.state);
    });
    this.saving = next.catch(() => undefined);
    return next;
  }

  /** Resolves once the owner has answered every write that has a place. Writes must be held. */
  async drained(signal?: AbortSignal): Promise<void> {
    while (this.parts.log.unanswered > 0) await this.parts.log.change(signal);
  }

  /** Pieces of evidence that nobody has accepted. */
  get unaccepted(): number {
    return Math.max(0, this.parts.evidence.count - this.state.acknowledged);
  }
}
