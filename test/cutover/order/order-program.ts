import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Route } from '../../../src/cutover/order/nouns';
import type { OrderStatus } from '../../../src/cutover/order/order-status';
import type { StepOptions } from '../../../src/cutover/order/phases/phase-switch';
import type { PhaseName } from '../../../src/cutover/traffic/phase';

/** On what an order is opened. */
export interface OrderPlace {
  readonly directory: string;
  readonly blue: string;
  readonly greenAdmin: string;
  readonly token: string;
  /** Milliseconds of silence after which a side is away. */
  readonly deadline: number;
}

export type Question =
  | { readonly kind: 'write'; readonly route: Route; readonly body: string }
  | { readonly kind: 'import' }
  | { readonly kind: 'status' }
  | { readonly kind: 'phase'; readonly to: PhaseName; readonly options?: StepOptions };

export interface Asked {
  readonly n: number;
  readonly question: Question;
}

/** What a client of the order is told, as text. */
export type Told =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'settled'; readonly applied: boolean; readonly row?: string };

interface Answered {
  readonly n: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** An order in a process of its own. */
export class OrderProgram {
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private asked = 0;
  words = '';

  private constructor(private readonly child: ChildProcess) {
    child.stderr?.on('data', (piece: Buffer) => (this.words += piece.toString()));
    child.on('message', ({ n, result, error }: Answered) => {
      const one = this.waiting.get(n);
      this.waiting.delete(n);
      if (error === undefined) one?.resolve(result);
      else one?.reject(new Error(error));
    });
    child.on('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the order ended: ${this.words.slice(-2000)}`));
      this.waiting.clear();
    });
  }

  static async start(place: OrderPlace): Promise<OrderProgram> {
    const child = fork(join(__dirname, 'order-process.ts'), [JSON.stringify(place)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const program = new OrderProgram(child);
    await new Promise((resolve, reject) => program.waiting.set(0, { resolve, reject }));
    return program;
  }

  write(route: Route, body: string): Promise<Told> {
    return this.ask({ kind: 'write', route, body }) as Promise<Told>;
  }

  async import(): Promise<void> {
    await this.ask({ kind: 'import' });
  }

  async phase(to: PhaseName, options?: StepOptions): Promise<void> {
    await this.ask({ kind: 'phase', to, ...(options && { options }) });
  }

  status(): Promise<OrderStatus> {
    return this.ask({ kind: 'status' }) as Promise<OrderStatus>;
  }

  /** Looks until it is so. */
  async until(isSo: (status: OrderStatus) => boolean, what: string, within = 90_000): Promise<OrderStatus> {
    const end = performance.now() + within;
    for (;;) {
      const status = await this.status();
      if (isSo(status)) return status;
      if (performance.now() > end) throw new Error(`not ${what}: ${JSON.stringify(status)}`);
      await sleep(50);
    }
  }

  async level(): Promise<void> {
    await this.until(({ follower, behind, unanswered }) => follower === 'level' && behind + unanswered === 0, 'level');
  }

  /** Asks it to end in order. @returns its exit code; null if it had to be killed */
  async end(): Promise<number | null> {
    const killing = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    this.child.disconnect();
    // After disconnect() there is no 'close'.
    const [code] = (await once(this.child, 'exit')) as [number | null];
    clearTimeout(killing);
    return code;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'close');
  }

  private ask(question: Question): Promise<unknown> {
    const n = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(n, { resolve, reject });
      this.child.send({ n, question } satisfies Asked, (error) => {
        if (error !== null && this.waiting.delete(n)) reject(error);
      });
    });
  }
}
