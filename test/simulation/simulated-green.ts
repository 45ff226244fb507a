import { OrderRefused, SideAway } from '../../src/cutover/order/nouns';
import type { Batch, GreenPort, PlacedAnswer } from '../../src/cutover/order/ports';
import type { Random } from './random';
import { RULES, Rows } from './simulated-api';
import type { SimulatedProcess, SimulatedTime } from './simulated-time';

/** Milliseconds after which a gateway gives an answer up. */
const SILENCE = 2000;

interface Transaction {
  readonly milliseconds: number;
  readonly commit: () => void;
  readonly abort: () => void;
}

/** The new server with its database: one transaction after the other, which outlive the connection that asked for them. */
export class SimulatedGreen {
  readonly data: Rows;
  private journal: string | null = null;
  private session = '';
  private sessions = 0;
  private appliedPlace = 0;
  private answers: PlacedAnswer[] = [];
  private queue: Transaction[] = [];
  private running: Transaction | undefined;
  private downUntil = 0;
  private cutUntil = 0;
  private readonly calls = new Set<(error: Error) => void>();
  /** Milliseconds that the next transactions take longer, on their way or inside. */
  readonly late: number[] = [];

  constructor(
    private readonly time: SimulatedTime,
    private readonly random: Random,
    onText: (text: string) => void,
  ) {
    this.data = new Rows('green refuses', onText);
  }

  /** Its transactions are undone; it is back after so many milliseconds with what was committed. */
  crash(milliseconds: number): void {
    const lost = [...(this.running === undefined ? [] : [this.running]), ...this.queue];
    this.running = undefined;
    this.queue = [];
    for (const { abort } of lost) abort();
    this.downUntil = Math.max(this.downUntil, this.time.now + milliseconds);
    this.reset();
  }

  cut(milliseconds: number): void {
    this.cutUntil = Math.max(this.cutUntil, this.time.now + milliseconds);
    this.reset();
  }

  /** All who wait for an answer get none; their transactions go on. */
  reset(): void {
    for (const reject of this.calls) reject(new SideAway('green: connection broke'));
    this.calls.clear();
  }

  /** Another database, empty. */
  wipe(): void {
    this.crash(0);
    this.data.clear();
    this.journal = null;
    this.appliedPlace = 0;
    this.answers = [];
    this.session = '';
  }

  heal(): void {
    this.downUntil = this.cutUntil = 0;
    this.late.length = 0;
  }

  for(process: SimulatedProcess): GreenPort {
    return {
      claim: () =>
        this.call(process, () => {
          this.session = `session ${++this.sessions}`;
          const of = (resource: 'collections' | 'locations') => ({
            count: this.data.rows[resource].size,
            next: { atLeast: this.data.next[resource], exact: true },
          });
          const holdings = { collections: of('collections'), locations: of('locations') };
          const { session, journal, appliedPlace } = this;
          return { session, journal, appliedPlace, answers: [...this.answers], holdings };
        }),
      apply: (batch) => this.call(process, () => this.apply(batch)),
      replaceAll: (copy, journal, session, place) =>
        this.call(process, () => {
          if (session !== this.session) throw new OrderRefused('another session');
          this.data.clear();
          for (const resource of ['collections', 'locations'] as const) {
            for (const { id, bytes } of copy.rows[resource]) this.data.rows[resource].set(id, bytes);
            this.data.next[resource] = copy.next[resource];
          }
          this.journal = journal;
          this.appliedPlace = place;
          this.answers = [];
        }),
      copy: () =>
        this.call(process, () => ({
          copy: {
            rows: { collections: this.data.list('collections'), locations: this.data.list('locations') },
            next: { ...this.data.next },
          },
          place: this.appliedPlace,
        })),
    };
  }

  private apply({ journal, session, after, upTo, writes, settled }: Batch): PlacedAnswer[] {
    if (session !== this.session) throw new OrderRefused('another session');
    if (journal !== this.journal || after !== this.appliedPlace)
      throw new OrderRefused(`green is at ${this.appliedPlace}`);
    const answers = writes.map(({ place, request, id, expected }): PlacedAnswer => {
      const answer = this.data.handle(request, id, expected === 'refused');
      const made = answer.status < 300 && request.method === 'POST' ? RULES.idOf(answer) : undefined;
      const named = Number(request.target.split('/')[3]);
      const of = answer.status < 300 ? (made ?? named) : null;
      return { place, status: answer.status, id: of, digest: RULES.digestOf(answer.body), answer };
    });
    this.appliedPlace = upTo;
    this.answers = [
      ...this.answers.filter(({ place }) => place > settled),
      ...answers.map(({ place, status, id, digest }) => ({ place, status, id, digest })),
    ];
    return answers;
  }

  private async call<Result>(process: SimulatedProcess, commit: () => Result): Promise<Result> {
    const delay = () => 0.1 + this.random.next() * 0.4;
    if (this.time.now < Math.max(this.downUntil, this.cutUntil)) {
      await process.outcome(1, () => undefined);
      throw new SideAway('green: connection refused');
    }
    const late = this.late.shift() ?? 0;
    const isOnItsWay = this.random.chance(0.5);
    return new Promise<Result>((resolve, reject) => {
      const fail = (error: Error) => process.alive && reject(error);
      this.calls.add(fail);
      const answer = (tell: () => void) =>
        this.time.after(delay(), () => {
          if (this.calls.delete(fail) && process.alive) tell();
        });
      this.time.after(SILENCE, () => {
        if (this.calls.delete(fail)) fail(new SideAway('green: silent'));
      });
      const transaction: Transaction = {
        milliseconds: 0.2 + this.random.next() * 1.5 + (isOnItsWay ? 0 : late),
        commit: () => {
          try {
            const result = commit();
            answer(() => resolve(result));
          } catch (error: unknown) {
            answer(() => reject(error instanceof Error ? error : new Error(String(error))));
          }
        },
        abort: () => undefined,
      };
      // Once sent it arrives, whatever becomes of the connection or of who sent it.
      this.time.after(delay() + (isOnItsWay ? late : 0), () => {
        if (this.time.now < this.downUntil) return;
        this.queue.push(transaction);
        this.work();
      });
    });
  }

  private work(): void {
    if (this.running !== undefined) return;
    const transaction = this.queue.shift();
    if (transaction === undefined) return;
    this.running = transaction;
    this.time.after(transaction.milliseconds, () => {
      if (this.running !== transaction) return;
      this.running = undefined;
      transaction.commit();
      this.work();
    });
  }
}
