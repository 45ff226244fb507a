import { setTimeout as sleep } from 'node:timers/promises';
import { Bystander, learn, type Knowledge } from './bystander';
import { aftermath } from './aftermath';
import { OneClient } from './one-client';
import { Player } from './player';
import { descriptorsOf, memoryOf } from './process-files';
import type { Pace, Script } from './script';
import { makeScript } from './scripts/scripts';
import type { Subject } from './subject';

const WATCH_INTERVAL = 50;
const PACES: readonly Pace[] = ['quick', 'waiting', 'heavy'];
/** So long a failure waits to be told, should it turn out that the server has ended. */
const DELAY = 4 * WATCH_INTERVAL;
/** Connections that ended just before a failure and are shown with it. */
const RECENT = 40;

type FailureKind = 'end' | 'memory' | 'bystander' | 'answers' | 'aftermath';

/** Something that the server may not do, and the connections that may have led to it. */
export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** The connection itself if it is known; else those that were open or had just ended, the latest last. */
  readonly scripts: readonly Script[];
}

export interface CampaignOptions {
  readonly seed: number;
  /** The numbers of the scripts to play, in this order. */
  readonly numbers: Iterable<number>;
  readonly families?: ReadonlySet<string>;
  /** Seconds after which no more connections are opened. */
  readonly seconds: number;
  /** How many connections of each pace are open at once. */
  readonly concurrency: Readonly<Record<Pace, number>>;
  /** Most memory of the server, in bytes. */
  readonly budget: number;
  /** Milliseconds in which something of the answer to a well-formed request must come. */
  readonly patience: number;
  /** Milliseconds in which the server must end a connection on which nothing goes on. */
  readonly endWithin: number;
  /** Ends after so many failures; an ended or swollen server ends it in any case. */
  readonly maxFailures: number;
  readonly onProgress?: (counts: Counts) => void;
}

export interface Counts {
  connections: number;
  readonly byFamily: Map<string, number>;
  /** Requests of the bystanders that were answered, and the longest that one took in milliseconds. */
  bystander: number;
  slowest: number;
  /** The server's largest memory so far, in bytes. */
  peak: number;
  /** The seconds from the first connection to the last. */
  seconds: number;
  readonly failures: Failure[];
}

/** Plays scripts against a server and judges it all the while. @throws Error if the server is not well at the start */
export async function runCampaign(subject: Subject, options: CampaignOptions): Promise<Counts> {
  return new Campaign(subject, options).run();
}

class Campaign {
  private readonly counts: Counts = { connections: 0, byFamily: new Map(), bystander: 0, slowest: 0, peak: 0, seconds: 0, failures: [] }; // prettier-ignore
  private readonly active = new Set<Script>();
  private readonly recent: Script[] = [];
  private readonly player: Player;
  private readonly open: Record<Pace, number> = { quick: 0, waiting: 0, heavy: 0 };
  private over = false;
  /** Called when a connection is over. */
  private changed: () => void = () => undefined;

  constructor(
    private readonly subject: Subject,
    private readonly options: CampaignOptions,
  ) {
    this.player = new Player(subject, options);
  }

  async run(): Promise<Counts> {
    const { host, port } = this.subject;
    const client = () => new OneClient(host, port, this.options.patience);
    const learner = client();
    const known = await learn(learner);
    learner.close();
    await sleep(200);
    const descriptors = descriptorsOf(this.subject.pid);
    const watch = setInterval(() => this.watch(), WATCH_INTERVAL);
    const started = performance.now();
    const failed = (message: string): void => this.fail('bystander', message);
    const bystanders = ['Ann', 'Ben', 'Cay'].map(
      (name, index) => new Bystander(`Bystander ${name}`, client(), known, index === 2, failed),
    );
    try {
      await this.playAll(started + this.options.seconds * 1000);
      this.counts.seconds = (performance.now() - started) / 1000;
    } finally {
      this.over ||= this.subject.ended() !== undefined;
      await Promise.all(bystanders.map((bystander) => bystander.stop()));
      clearInterval(watch);
    }
    this.tally(bystanders);
    await sleep(DELAY);
    if (!this.over) await this.judgeAftermath(known, descriptors);
    return this.counts;
  }

  private async playAll(until: number): Promise<void> {
    const numbers = this.options.numbers[Symbol.iterator]();
    let more = true;
    const waiting: Record<Pace, Script[]> = { quick: [], waiting: [], heavy: [] };
    while (!this.over) {
      more &&= performance.now() < until;
      const start = PACES.find((pace) => waiting[pace].length > 0 && this.open[pace] < this.options.concurrency[pace]);
      if (start !== undefined) {
        this.start(waiting[start].shift()!);
        // Whoever opens connections without pause gives the answers no turn.
        await new Promise(setImmediate);
      } else if (more && waiting.quick.length === 0) {
        const next = numbers.next();
        more = next.done !== true;
        if (next.done !== true) {
          const script = makeScript(this.options.seed, next.value, this.options.families);
          waiting[script.pace].push(script);
        }
      } else if (this.active.size > 0) await this.change();
      else return;
      if (performance.now() > until) for (const pace of PACES) waiting[pace].length = 0;
    }
  }

  /** Resolves when a connection is over, or after a moment. */
  private change(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WATCH_INTERVAL);
      this.changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private start(script: Script): void {
    this.open[script.pace]++;
    this.active.add(script);
    void this.player.play(script).then((problem) => {
      this.open[script.pace]--;
      this.active.delete(script);
      this.counts.connections++;
      this.counts.byFamily.set(script.family, (this.counts.byFamily.get(script.family) ?? 0) + 1);
      this.recent.push(script);
      if (this.recent.length > RECENT) this.recent.shift();
      if (problem !== undefined) this.fail('answers', problem, [script]);
      this.options.onProgress?.(this.counts);
      this.changed();
    });
  }

  private watch(): void {
    if (this.over) return;
    const ended = this.subject.ended();
    const memory = memoryOf(this.subject.pid);
    if (ended !== undefined || memory === undefined) {
      this.fail('end', `the server has ended: ${ended ?? 'no process'}: ${this.subject.faults.join('\n')}`);
      this.over = true;
      return;
    }
    this.counts.peak = Math.max(this.counts.peak, memory.peak);
    if (memory.peak <= this.options.budget) return;
    const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    this.fail('memory', `the server's memory was ${mb(memory.peak)}; the budget is ${mb(this.options.budget)}`);
    this.over = true;
  }

  private fail(
    kind: FailureKind,
    message: string,
    scripts: readonly Script[] = [...this.recent, ...this.active],
  ): void {
    // What fails when the server has ended is no news.
    if (this.over) return;
    // A lost connection may be seen before the end of the process is; that of the process says more.
    if (kind !== 'end' && kind !== 'memory') {
      setTimeout(() => this.record({ kind, message, scripts }), DELAY);
    } else this.record({ kind, message, scripts });
  }

  private record(failure: Failure): void {
    if (this.over) return;
    this.counts.failures.push(failure);
    this.over ||= this.counts.failures.length >= this.options.maxFailures;
  }

  private tally(bystanders: readonly Bystander[]): void {
    this.counts.bystander = bystanders.reduce((sum, { requests }) => sum + requests, 0);
    this.counts.slowest = Math.max(...bystanders.map(({ slowest }) => slowest));
  }

  private async judgeAftermath(known: Knowledge, descriptors: number): Promise<void> {
    const { patience, endWithin } = this.options;
    for (const message of await aftermath(this.subject, known, { descriptors, patience, endWithin })) {
      this.counts.failures.push({ kind: 'aftermath', message, scripts: [] });
    }
  }
}
