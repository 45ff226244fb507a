import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from './load';
import { prove } from './proof';
import type { Stage } from './stage';
import { DrillError } from './stage';
import type { StepTally } from './tally';
import { Tally } from './tally';
import { textsOf } from './texts';

export interface RehearsalOptions {
  /** Whether blue takes any text, as the deployed one does. */
  readonly untyped: boolean;
  readonly clients: number;
  /** Milliseconds between two requests of a client, on average. */
  readonly pace: number;
  /** At least so many requests of clients. */
  readonly requests: number;
  /** Milliseconds of traffic in a step that only watches. */
  readonly watch: number;
  readonly say: (line: string) => void;
}

/** What happened in one step. */
export interface StepResult {
  readonly name: string;
  /** Seconds since the rehearsal began, and how long the step took. */
  readonly at: number;
  readonly seconds: number;
  readonly counted: StepTally;
  readonly remark: string;
}

export interface RehearsalResult {
  readonly untyped: boolean;
  readonly steps: readonly StepResult[];
  readonly tally: Tally;
  readonly rows: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Whether both sides answered the same bytes, and gave the same next ids. */
  readonly equal: boolean;
  readonly evidence: number;
}

/** Milliseconds that a condition may take to come true. */
const PATIENCE = 300_000;
const LOOK_AGAIN = 100;

/** What the steps of a rehearsal have in common: the stage, the clients, and ways to wait. */
export class Rehearsal {
  readonly tally = new Tally();
  readonly fixed = new Map<number, string>();
  readonly loads: Load[] = [];
  private readonly steps: StepResult[] = [];
  private readonly began = performance.now();

  constructor(
    readonly stage: Stage,
    readonly options: RehearsalOptions,
  ) {}

  /** Carries a step out, and counts what the clients see meanwhile. @param act gives a remark for the table */
  async step(name: string, act: () => Promise<string>): Promise<void> {
    const counted = this.tally.begin(name);
    const from = performance.now();
    const remark = await act();
    const [at, seconds] = [(from - this.began) / 1000, (performance.now() - from) / 1000];
    this.steps.push({ name, at, seconds, counted, remark });
    this.options.say(`${at.toFixed(1).padStart(6)} s  ${name}: ${remark}`);
  }

  /** Lets the clients work for a while. */
  watch(): Promise<void> {
    return sleep(this.options.watch);
  }

  /** Starts the clients at the gateway. */
  traffic(): Load {
    const { url } = this.stage.gateway;
    const { clients, pace } = this.options;
    const load = new Load({ url, clients, pace, tally: this.tally, fixed: this.fixed });
    this.loads.push(load);
    return load;
  }

  /** Waits until the follower has every write, and gives the seconds that it took. */
  level(): Promise<number> {
    return this.until('the follower is level', async () => {
      const { follower, behind } = await this.stage.gateway.status();
      return follower.state === 'level' && behind < this.options.clients * 2;
    });
  }

  /** Goes to a phase as an operator does: waits while the gates have seen too little. @throws DrillError with the refusal */
  async phase(name: string, ...more: string[]): Promise<number> {
    let refusal = '';
    try {
      return await this.until(`phase ${name}`, async () => {
        const { code, stderr } = await this.stage.verb('phase', name, ...more);
        refusal = stderr.trim();
        if (code !== 0 && !/inconclusive|behind: wait/.test(refusal)) throw new DrillError(refusal);
        return code === 0;
      });
    } catch (error) {
      throw new DrillError(`phase ${name} is refused: ${refusal}`, { cause: error });
    }
  }

  /** Runs a verb that must succeed. @throws DrillError with what it said */
  async verb(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.stage.verb(...args);
    if (code !== 0) throw new DrillError(`waste-cutover ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Compares both sides at one place of the order. @throws DrillError if they differ */
  async verify(): Promise<string> {
    const control = this.stage.gateway.control;
    const found = JSON.parse(await this.verb('verify', '--gateway', control, '--json')) as {
      place: number;
      collections: { left: { rows: number; sha256: string } };
    };
    const { rows, sha256 } = found.collections.left;
    return `equal at place ${found.place}: ${rows} rows, SHA-256 ${sha256.slice(0, 12)}`;
  }

  /** @returns the seconds until it was true @throws DrillError after too long */
  async until(what: string, isTrue: () => Promise<boolean>): Promise<number> {
    const from = performance.now();
    while (!(await isTrue())) {
      if (performance.now() - from > PATIENCE) {
        const status = JSON.stringify(await this.stage.gateway.status().catch(() => 'no gateway'));
        throw new DrillError(`after ${PATIENCE / 1000} s it is still not so that ${what}: ${status}`);
      }
      await sleep(LOOK_AGAIN);
    }
    return (performance.now() - from) / 1000;
  }

  /** What the side that owns the writes has, held against what every client was told. The clients must have stopped. */
  async result(equal: boolean): Promise<RehearsalResult> {
    const { tally, steps, fixed } = this;
    const clients = this.loads.flatMap((load) => load.clients);
    const { rows, lost, doubled } = prove(await this.list(this.stage.green.url), clients, fixed);
    const { evidence } = await this.stage.gateway.status();
    const { untyped } = this.options;
    return { untyped, steps, tally, rows, lost, doubled, equal, evidence: evidence.count };
  }

  /** Remembers what a side has now as rows that nobody changes. */
  async fix(url: string): Promise<void> {
    for (const [id, text] of textsOf(await this.list(url))) this.fixed.set(id, text);
  }

  async list(url: string): Promise<string> {
    return (await fetch(`${url}/api/collections`)).text();
  }
}
