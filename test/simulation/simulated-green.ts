import { OrderRefused, RESOURCES, SideAway, type Resource, type Row } from '../../src/cutover/order/nouns';
import type { Batch, GreenPlace, GreenPort, Page, PlacedAnswer, Written } from '../../src/cutover/order/ports';
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
  private state: GreenPlace['state'] = 'detached';
  private term = '';
  private terms = 0;
  private place = 0;
  /** What whoever has the term must never do. */
  readonly violations: string[] = [];
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
    Object.assign(this, { state: 'detached', journal: null, place: 0, answers: [], term: '' });
  }

  /** Somebody puts rows straight into the database, in one transaction: what is there goes, and follows no journal. */
  importRows(rows: Readonly<Record<Resource, readonly Row[]>>): void {
    this.data.clear();
    for (const resource of RESOURCES) {
      for (const { id, bytes } of rows[resource]) this.data.rows[resource].set(id, bytes);
    }
    Object.assign(this, { state: 'detached', journal: null, place: 0, answers: [], term: '' });
  }

  heal(): void {
    this.downUntil = this.cutUntil = 0;
    this.late.length = 0;
  }

  for(process: SimulatedProcess): GreenPort {
    const tell = (journal: string): GreenPlace =>
      this.journal === journal ? { state: this.state, place: this.place } : { state: 'detached', place: 0 };
    return {
      takeover: (journal) =>
        this.call(process, () => {
          const term = this.journal === journal ? (this.term = this.newTerm()) : '';
          return { ...tell(journal), term };
        }),
      look: (journal) => this.call(process, () => tell(journal)),
      answers: (from, through) =>
        this.call(process, () => this.answers.filter(({ place }) => place >= from && place <= through)),
      write: (batch) => this.call(process, () => this.write(batch)),
      rebuild: async (copy, journal, present, place) => {
        const term = await this.call(process, () => {
          if (this.journal === journal) this.demandTerm(present);
          Object.assign(this, { state: 'rebuilding', journal, place: 0, answers: [] });
          return (this.term = this.newTerm());
        });
        for (const resource of RESOURCES) {
          await this.call(process, () => {
            this.demandTerm(term);
            this.data.rows[resource].clear();
          });
          for await (const rows of copy.rows(resource)) {
            await this.call(process, () => {
              this.demandTerm(term);
              for (const { id, bytes } of rows) this.data.rows[resource].set(id, Buffer.from(bytes));
            });
          }
        }
        return this.call(process, () => {
          this.demandTerm(term);
          for (const resource of RESOURCES) this.data.next[resource] = copy.next[resource];
          Object.assign(this, { state: 'attached', place });
          return term;
        });
      },
      attach: (journal, place, next) =>
        this.call(process, () => {
          if (this.state === 'rebuilding') throw new OrderRefused('a copy was begun');
          for (const resource of RESOURCES) {
            const id = next[resource] ?? this.data.next[resource];
            if (this.data.highest(resource) >= id) throw new OrderRefused('there are rows behind the next id');
            this.data.next[resource] = id;
          }
          Object.assign(this, { state: 'attached', journal, place, answers: [] });
          return (this.term = this.newTerm());
        }),
      holdings: (journal) =>
        this.call(process, () => {
          const of = (resource: Resource) => ({
            count: this.data.rows[resource].size,
            next: { atLeast: this.data.next[resource], exact: true },
          });
          return { ...tell(journal), holdings: { collections: of('collections'), locations: of('locations') } };
        }),
      snapshot: (journal) =>
        this.call(process, () => {
          const pages = RESOURCES.map((resource) => ({ resource, rows: this.data.list(resource) }));
          const close = () => Promise.resolve();
          return { ...tell(journal), next: { ...this.data.next }, pages: this.sent(process, pages), close };
        }),
    };
  }

  /** Pages of a snapshot, each of which may be lost on its way. */
  private async *sent(process: SimulatedProcess, pages: readonly Page[]): AsyncGenerator<Page> {
    for (const page of pages) yield await this.call(process, () => page);
  }

  private newTerm(): string {
    return `term ${++this.terms}`;
  }

  private demandTerm(term: string): void {
    if (term !== this.term) throw new OrderRefused('another term');
  }

  private write({ journal, term, after, upTo, writes, settled }: Batch): Written {
    this.demandTerm(term);
    if (journal !== this.journal || this.state !== 'attached') throw new OrderRefused(`green is ${this.state}`);
    // Whoever has the term knows the place: the real server answers a gap with 409, and places that it has with "again".
    if (after !== this.place) this.violations.push(`green at place ${this.place} was sent the places behind ${after}`);
    const answers: PlacedAnswer[] = [];
    let conflict: number | null = null;
    for (const { place, request, id, expected } of writes) {
      if (id !== null && request.method === 'POST' && this.data.holds(request, id)) {
        conflict = place;
        break;
      }
      const answer = this.data.handle(request, id, expected === 'refused');
      const made = answer.status < 300 && request.method === 'POST' ? RULES.idOf(answer) : undefined;
      const named = Number(request.target.split('/')[3]);
      const of = answer.status < 300 && expected !== 'refused' ? (made ?? named) : null;
      answers.push({ place, status: answer.status, id: of, digest: RULES.digestOf(answer.body), answer });
    }
    this.place = conflict === null ? upTo : conflict - 1;
    this.answers = [
      ...this.answers.filter(({ place }) => place > settled),
      ...answers.map(({ place, status, id, digest }) => ({ place, status, id, digest })),
    ];
    return { place: this.place, answers, conflict };
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
