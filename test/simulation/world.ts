import { Order, type OrderOptions } from '../../src/cutover/order/order';
import type { OrderStatus } from '../../src/cutover/order/order-status';
import type { Evidence, EvidenceStore } from '../../src/cutover/order/ports';
import { hasFollower } from '../../src/cutover/order/state';
import { Clients } from './clients';
import { Excuses } from './excuses';
import { Random } from './random';
import type { Action } from './schedule';
import { isDiskError, Operator } from './operator';
import { requestOf, RULES } from './simulated-api';
import { SimulatedBlue } from './simulated-blue';
import { SimulatedDisk } from './simulated-disk';
import { SimulatedGreen } from './simulated-green';
import { SimulatedProcess, SimulatedTime } from './simulated-time';

const OPTIONS: OrderOptions = {
  segmentBytes: 16 << 10,
  waitingWrites: 50,
  waitingBytes: 1 << 20,
  openWrites: 40,
  patience: 3000,
  maxBehind: 60,
  journalLimit: 120 << 10,
  keptBytes: 2000,
};
const DISK_BYTES = 1 << 20;
/** Milliseconds in which everything comes to rest once nothing is broken any more. */
const SETTLING = 60_000;

/** One gateway with two sides, a disk and clients, through one schedule. */
export class World {
  readonly time = new SimulatedTime();
  readonly clients = new Clients(
    () => this.time.elapsed,
    (text) => this.note(text),
  );
  readonly excuses = new Excuses();
  readonly violations: string[] = [];
  readonly evidence: (Evidence & { readonly at: number })[] = [];
  /** Texts that came to either side through the order. */
  readonly texts = new Set<string>();
  readonly log: string[] = [];
  readonly disk: SimulatedDisk;
  readonly blue: SimulatedBlue;
  readonly green: SimulatedGreen;
  /** Milliseconds at which blue forgot rows while it owned the writes, the last time. */
  ownerLostAt = -Infinity;
  /** What the order said before somebody had the follower rebuilt, and when. */
  atRest: { readonly status: OrderStatus; readonly at: number } | undefined;
  private readonly operator: Operator;
  private process: SimulatedProcess;
  private order: Order | undefined;
  private readonly random: Random;
  private archived = 0;
  private names = 0;

  constructor(seed: number) {
    this.random = new Random(seed ^ 0x5eed);
    this.disk = new SimulatedDisk(this.random);
    this.disk.capacity = DISK_BYTES;
    const onText = (text: string) => void this.texts.add(text);
    this.blue = new SimulatedBlue(this.time, this.random, onText);
    this.green = new SimulatedGreen(this.time, this.random, onText);
    this.process = new SimulatedProcess(this.time);
    const { time, excuses, blue, green, violations } = this;
    const note = (text: string) => this.note(text);
    this.operator = new Operator({ time, excuses, blue, green, violations, note });
  }

  get status(): OrderStatus | undefined {
    return this.order?.status;
  }

  /** Does everything in the schedule, mends everything, and waits until both sides are level. */
  async run(actions: readonly Action[]): Promise<void> {
    this.start();
    for (const action of actions) this.time.after(action.at, () => this.act(action));
    await this.time.run((actions.at(-1)?.at ?? 0) + 1);
    await this.mend();
  }

  private note(text: string): void {
    if (process.env.SIM_LIVE) process.stderr.write(`${this.time.elapsed.toFixed(1)} ${text}\n`);
    this.log.push(`${this.time.elapsed.toFixed(1).padStart(9)} ms  ${text}`);
  }

  private start(): void {
    const process = new SimulatedProcess(this.time);
    this.process = process;
    this.order = undefined;
    const evidence: EvidenceStore = this.evidenceStore(process);
    const parts = {
      disk: this.disk.for(process),
      clock: process,
      blue: this.blue.for(process),
      green: this.green.for(process),
      rules: RULES,
      evidence,
      newName: () => `name ${++this.names}`,
    };
    Order.open(parts, OPTIONS).then(
      (order) => {
        this.order = order;
        this.note(`gateway opened: ${JSON.stringify(order.status)}`);
      },
      (error: unknown) => {
        this.note(`gateway does not start: ${String(error)}`);
        if (!isDiskError(error)) this.violations.push(`the gateway does not start: ${String(error)}`);
        process.kill();
        this.time.after(200, () => this.process === process && this.start());
      },
    );
  }

  private evidenceStore(process: SimulatedProcess): EvidenceStore {
    const isOneSided = ({ kind }: Evidence) => kind === 'refused' || kind === 'accepted';
    const { evidence } = this;
    const oneSided = () => evidence.slice(this.archived).filter(isOneSided).length;
    return {
      add: (one) =>
        process.outcome(0.3, () => {
          this.note(`evidence ${JSON.stringify(one)}`);
          this.evidence.push({ ...one, at: this.time.elapsed });
          if (one.kind === 'owner-lost') this.excuses.noticed();
        }),
      archive: () =>
        process.outcome(0.3, () => {
          this.archived = this.evidence.length;
          this.excuses.end(this.time.elapsed);
        }),
      get oneSided() {
        return oneSided();
      },
    };
  }

  private stop(milliseconds: number): void {
    this.process.kill();
    this.order = undefined;
    this.clients.letDown();
    const { process } = this;
    this.time.after(milliseconds, () => this.process === process && this.start());
  }

  private act(action: Action): void {
    const { order } = this;
    if (action.kind === 'write') {
      if (order !== undefined) this.clients.write(order, action);
      return;
    }
    if (action.kind === 'read') {
      const unseen = order === undefined ? [] : this.clients.unseen(order, action.client, this.green.data);
      if (!this.excuses.any) this.violations.push(...unseen);
      return;
    }
    this.note(`${action.kind} ${JSON.stringify(action)}`);
    switch (action.kind) {
      case 'step':
      case 'import':
      case 'database import':
      case 'rebuild':
        if (order !== undefined) this.operator.act(order, this.process, action);
        return;
      case 'kill': {
        this.stop(action.milliseconds);
        return;
      }
      case 'power cut':
        this.process.kill();
        this.disk.cutPower();
        {
          this.stop(action.milliseconds);
          return;
        }
      case 'disk full':
        this.disk.capacity = this.disk.used;
        return void this.time.after(action.milliseconds, () => (this.disk.capacity = DISK_BYTES));
      case 'sync fails':
        this.disk.failsSync = true;
        return void this.time.after(action.milliseconds, () => (this.disk.failsSync = false));
      case 'write fails':
        this.disk.failsWrite = true;
        return void this.time.after(action.milliseconds, () => (this.disk.failsWrite = false));
      case 'disk slow':
        this.disk.slow = 40;
        return void this.time.after(action.milliseconds, () => (this.disk.slow = 0));
      case 'disk stalls':
        // What begins now takes so long.
        this.disk.slow = action.milliseconds;
        return void this.time.after(20, () => (this.disk.slow = 0));
      case 'blue restart': {
        this.restartBlue(action.milliseconds);
        return;
      }
      case 'blue hang': {
        this.blue.hang(action.milliseconds);
        return;
      }
      case 'blue cut': {
        this.blue.cut(action.milliseconds / 4);
        return;
      }
      case 'blue 500':
        return void this.blue.faults.push(action.done ? '500 done' : '500 not done');
      case 'green crash': {
        this.green.crash(action.milliseconds);
        return;
      }
      case 'green cut': {
        this.green.cut(action.milliseconds / 4);
        return;
      }
      case 'green reset': {
        this.green.reset();
        return;
      }
      case 'green late':
        return void this.green.late.push(action.milliseconds);
      case 'green wipe': {
        this.wipeGreen();
        return;
      }
      case 'green stranger': {
        this.writePast();
        return;
      }
    }
  }

  /** Whoever owns the writes while it forgets everything takes them along. */
  private restartBlue(milliseconds: number): void {
    const owns = this.phaseOnDisk() !== 'green' && this.phaseOnDisk() !== 'done';
    const had = this.blue.data.next.collections > 1 || this.blue.data.next.locations > 1;
    const mayOwn = had && (owns || this.operator.isAtWork);
    this.excuses.add('blue forgot', this.time.elapsed, !mayOwn);
    if (mayOwn) this.ownerLostAt = this.time.elapsed;
    this.blue.restart(milliseconds);
  }

  private wipeGreen(): void {
    const phase = this.phaseOnDisk();
    // A database that goes just when it gets the writes takes them along.
    if (phase === 'green' || phase === 'done' || this.operator.isAtWork) return;
    this.excuses.add('green was wiped', this.time.elapsed);
    this.green.wipe();
  }

  /** Somebody creates a row at green past the gateway, where that does not change what clients were told. */
  private writePast(): void {
    const phase = this.phaseOnDisk();
    if (phase === 'green' || phase === 'done' || this.operator.isAtWork) return;
    this.excuses.add('somebody wrote to green', this.time.elapsed);
    this.green.data.handle(requestOf('create', 'collections', null, 'of a stranger', 'fine'));
  }

  private phaseOnDisk(): string {
    const state = this.disk.contentOf('state.json');
    return state === undefined ? 'blue' : (JSON.parse(state.toString()) as { phase: string }).phase;
  }

  private async mend(): Promise<void> {
    this.note('everything is mended');
    Object.assign(this.disk, { capacity: DISK_BYTES, failsSync: false, failsWrite: false, slow: 0 });
    this.blue.heal();
    this.green.heal();
    await this.time.run(
      SETTLING,
      () => this.order !== undefined && this.clients.areServed && this.isAtRest(this.order.status),
    );
    // A disk that failed is tried again after a while.
    await this.time.run(1500);
    // What was broken while nobody wrote shows with the next write.
    for (const resource of ['collections', 'locations'] as const) {
      this.act({ kind: 'write', at: 0, client: 99, verb: 'create', resource, row: 0, quirk: 'fine', bytes: 1 });
      await this.time.run(SETTLING, () => this.clients.areServed);
    }
    await this.rest('');
    const { status } = this;
    if (status !== undefined) this.atRest = { status, at: this.time.elapsed };
    await this.rebuildUntilLevel();
    await this.time.run(100);
  }

  private async rebuildUntilLevel(): Promise<void> {
    for (let tries = 0; tries < 4; tries++) {
      const { status } = this;
      if (status === undefined || !hasFollower(status.phase) || status.follower === 'level') return;
      this.note(`follower ${status.follower}: ${status.reason ?? ''}`);
      // An operator who reads "empty it" restarts the old server.
      if (status.phase === 'green' && tries > 0) this.blue.restart(1);
      await this.time.run(10);
      this.act({ kind: 'rebuild', at: 0 });
      await this.time.run(50);
      await this.rest(' after a rebuild');
    }
  }

  private async rest(when: string): Promise<void> {
    const came = await this.time.run(SETTLING, () => this.order !== undefined && this.isAtRest(this.order.status));
    if (!came) this.violations.push(`it does not come to rest${when}: ${JSON.stringify(this.order?.status)}`);
  }

  private isAtRest({ phase, unanswered, behind, follower, waiting }: OrderStatus): boolean {
    if (unanswered > 0 || waiting > 0) return false;
    if (!hasFollower(phase) || follower === 'halted' || follower === 'dropped') return true;
    return follower === 'level' && behind === 0;
  }
}
