import type { Gate } from './gate';
import type { Journal } from './journal/journal';
import { JournalUnavailable } from './journal/turn';
import type { WriteRecord } from './journal/record';
import type { Entry, Ledger } from './ledger';
import type { Request, Route, SideName } from './nouns';
import type { Outcomes } from './outcomes';
import type { OwnerLine } from './owner/owner-line';
import type { Clock } from './ports';
import { refused, UNKNOWN, type Reply } from './reply';
import type { Deadline, TimerWheel } from './timer-wheel';

export interface SequencerLimits {
  /** Writes, and bytes of their bodies, that may wait for a place at once. */
  readonly waitingWrites: number;
  readonly waitingBytes: number;
  /** Writes that may be without an outcome at once. */
  readonly openWrites: number;
  /** Milliseconds that a client waits. */
  readonly patience: number;
}

export interface SequencerParts {
  readonly gate: Gate;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly owner: () => { readonly side: SideName; readonly line: OwnerLine };
  /** How many more writes the follower can bear now. */
  readonly allowance: () => number;
}

/** What a client is told, and the place of its write; null if it got none. */
export interface Submitted {
  readonly reply: Reply;
  readonly place: number | null;
}

interface Waiting {
  readonly route: Route;
  readonly request: Request;
  readonly tell: (submitted: Submitted) => void;
  deadline: Deadline | undefined;
  place: number | null;
  entry: Entry | undefined;
  /** The client was told that nothing is done: once it has its place it is withdrawn. */
  told: boolean;
}

const TOO_LATE = 'the write waited too long and was not carried out';

/** Writes that get their places together at most, and bytes. */
const TURN_WRITES = 512;
const TURN_BYTES = 4 << 20;

/** Gives all writes of a moment their places with one write and one sync, and releases them together. */
export class Sequencer {
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private turning = false;

  constructor(
    private readonly parts: SequencerParts,
    private readonly limits: SequencerLimits,
  ) {}

  submit(route: Route, request: Request): Promise<Submitted> {
    if (!this.mayWait(request.body.length)) {
      return Promise.resolve({ reply: refused('too many writes wait'), place: null });
    }
    return new Promise((tell) => {
      const one: Waiting = { route, request, tell, deadline: undefined, place: null, entry: undefined, told: false };
      one.deadline = this.parts.wheel.add(this.parts.clock.now() + this.limits.patience, () => this.expire(one));
      this.waiting.push(one);
      this.waitingBytes += request.body.length;
      this.kick();
    });
  }

  /** True if a write with a body of so many bytes may wait as well. To be asked before the body is read. */
  mayWait(bytes: number): boolean {
    const { waitingWrites, waitingBytes } = this.limits;
    return this.waiting.length < waitingWrites && this.waitingBytes + bytes <= waitingBytes;
  }

  /** True while no write is between its place and the owner. */
  get idle(): boolean {
    return !this.turning;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Something has changed that writes may have waited for. */
  kick(): void {
    if (this.turning || !this.mayTurn()) return;
    this.turning = true;
    // What comes in the same step goes with the same sync.
    queueMicrotask(() => void this.turns());
  }

  private mayTurn(): boolean {
    const { gate, owner } = this.parts;
    if (this.waiting.length === 0 || gate.closed || this.room() <= 0) return false;
    const { ready, trouble } = owner().line;
    // Behind an owner that does not answer they would only be more whose outcome nobody knows.
    return ready && trouble === undefined;
  }

  private room(): number {
    const { ledger, allowance } = this.parts;
    return Math.min(TURN_WRITES, this.limits.openWrites - ledger.unansweredCount, allowance());
  }

  private async turns(): Promise<void> {
    while (this.mayTurn()) await this.turn();
    this.turning = false;
    this.parts.ledger.changed.fire();
  }

  private async turn(): Promise<void> {
    const { journal, ledger, clock, owner } = this.parts;
    const { side, line } = owner();
    const batch = this.take();
    let place = ledger.lastPlace;
    const placements = batch.map(({ route, request: { body, ...head } }) => {
      const { resource, verb, id } = route;
      const next = verb === 'create' ? (ledger.implied.next(resource) ?? null) : null;
      const { method, target, headers } = head;
      const at = clock.now();
      const record: WriteRecord = {
        ...{ kind: 'write', place: ++place, at, owner: side, resource, verb, id, next, method, target, headers },
      };
      return { record, body };
    });
    let positions;
    try {
      positions = await journal.place(placements);
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) throw error;
      for (const one of batch) this.tell(one, refused('writes cannot be recorded'));
      return;
    }
    const entries = batch.map((one, index): Entry => {
      const record = placements[index]?.record;
      const position = positions[index];
      if (record === undefined || position === undefined) throw new Error('A write got no position');
      const { resource, verb, id, next } = record;
      const tell = (reply: Reply) => this.tell(one, reply);
      one.place = record.place;
      const { request } = one;
      const entry = {
        place: record.place,
        owner: side,
        resource,
        verb,
        id,
        next,
        position,
        request,
        outcome: undefined,
        tell,
      };
      one.entry = entry;
      ledger.add(entry);
      return entry;
    });
    const late = batch.flatMap(({ told, entry }) => (told && entry !== undefined ? [entry] : []));
    for (const entry of late) this.withdraw(entry);
    line.release(late.length === 0 ? entries : entries.filter((entry) => !late.includes(entry)));
  }

  private take(): Waiting[] {
    const room = this.room();
    let count = 0;
    let bytes = 0;
    for (const { request } of this.waiting) {
      if (count === room || (count > 0 && bytes + request.body.length > TURN_BYTES)) break;
      bytes += request.body.length;
      count++;
    }
    this.waitingBytes -= bytes;
    return this.waiting.splice(0, count);
  }

  private expire(one: Waiting): void {
    const index = this.waiting.indexOf(one);
    if (index >= 0) {
      this.waiting.splice(index, 1);
      this.waitingBytes -= one.request.body.length;
      this.tell(one, refused('writes are held back for a moment'));
    } else if (one.entry !== undefined && this.parts.owner().line.withdraw(one.entry)) {
      this.withdraw(one.entry);
    } else if (one.entry === undefined) this.tell(one, refused(TOO_LATE));
    else {
      one.entry.tell = undefined;
      this.tell(one, UNKNOWN);
    }
  }

  /** It was not sent, and never will be. */
  private withdraw(entry: Entry): void {
    const reply = refused(TOO_LATE);
    this.parts.outcomes.add(entry, { kind: 'void', status: null, id: null, digest: null }, reply);
  }

  private tell(one: Waiting, reply: Reply): void {
    if (one.told) return;
    one.told = true;
    if (one.deadline !== undefined) one.deadline.call = undefined;
    one.tell({ reply, place: one.place });
  }
}
