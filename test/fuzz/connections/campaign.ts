import { setTimeout as sleep } from 'node:timers/promises';
import { Bystander, learn, type Knowledge } from './bystander';
import { aftermath } from './aftermath';
import { OneClient } from './one-client';
import { Player } from './player';
import { descriptorsOf, memoryOf } from './process-files';
import type { Script } from './script';
import { makeScript } from './scripts/scripts';
import type { Subject } from './subject';

const WATCH_INTERVAL = 50;
/** So long a failure waits to be told, should it turn out that the server has ended. */
const DELAY = 4 * WATCH_INTERVAL;
/** Connections that ended just before a failure and are shown with it. */
const RECENT = 40;

export type FailureKind = 'end' | 'memory' | 'bystander' | 'answers' | 'aftermath';

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
  /** Quick connections at once, and slow ones beside them. */
  readonly concurrency: number;
  readonly slow: number;
  /** Most memory of the server, in bytes. */
  readonly budget: number;
  /** Milliseconds in which a well-formed request must be answered. */
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
  private readonly active = new Map<Script, Promise<void>>();
  private readonly recent: Script[] = [];
  private readonly player: Player;
  private open = { quick: 0, slow: 0 };
  private over = false;

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
    const { seed, numbers, families, concurrency, slow } = this.options;
    for (const number of numbers) {
      if (this.over || performance.now() > until) break;
      const script = makeScript(seed, number, families);
      const kind = script.slow === true ? 'slow' : 'quick';
      const most = kind === 'slow' ? slow : concurrency;
      while (this.open[kind] >= most && !this.over)
        await Promise.race([...this.active.values(), sleep(WATCH_INTERVAL)]);
      this.open[kind]++;
      this.active.set(script, this.play(script, kind));
      this.options.onProgress?.(this.counts);
      // Whoever opens connections without pause gives the answers no turn.
      await new Promise(setImmediate);
    }
    while (this.active.size > 0 && !this.over) await Promise.race([...this.active.values(), sleep(WATCH_INTERVAL)]);
  }

  private async play(script: Script, kind: 'slow' | 'quick'): Promise<void> {
    const problem = await this.player.play(script);
    this.active.delete(script);
    this.open[kind]--;
    this.counts.connections++;
    this.counts.byFamily.set(script.family, (this.counts.byFamily.get(script.family) ?? 0) + 1);
    this.recent.push(script);
    if (this.recent.length > RECENT) this.recent.shift();
    if (problem !== undefined) this.fail('answers', problem, [script]);
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
    scripts: readonly Script[] = [...this.recent, ...this.active.keys()],
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
