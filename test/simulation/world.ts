import { Order, type OrderOptions } from '../../src/cutover/order/order';
import type { OrderStatus } from '../../src/cutover/order/order-status';
import type { Evidence, EvidenceStore } from '../../src/cutover/order/ports';
import { hasFollower } from '../../src/cutover/traffic/phase';
import type { SideName } from '../../src/cutover/traffic/side-name';
import { Clients } from './clients';
import { Excuses } from './excuses';
import { Random } from './random';
import type { Action } from './schedule';
import { isDiskError, Operator } from './operator';
import { Faults } from './faults';
import { RULES } from './simulated-api';
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
  /** What the order said before somebody had the follower rebuilt, and when. */
  atRest: { readonly status: OrderStatus; readonly at: number } | undefined;
  private readonly operator: Operator;
  readonly faults: Faults;
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
    const { disk, operator } = this;
    this.faults = new Faults({ time, disk, blue, green, excuses, operator, diskBytes: DISK_BYTES });
  }

  get status(): OrderStatus | undefined {
    return this.order?.status;
  }

  /** Blue was to be rebuilt once. */
  hadRebuilt = false;

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
      onTurn: () => {
        const { phase, follower } = this.order?.status ?? {};
        if (phase === 'green' && follower === 'rebuilding') this.hadRebuilt = true;
      },
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
    const { evidence } = this;
    const alone = (side: SideName) => evidence.slice(this.archived).filter(({ more }) => more === side).length;
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
        return { blue: alone('blue'), green: alone('green') };
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
      const unseen =
        order === undefined ? [] : this.clients.unseen(order, action.client, this.green.data, this.evidence);
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
      default:
        this.faults.happen(action);
    }
  }

  private async mend(): Promise<void> {
    this.note('everything is mended');
    this.faults.heal();
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
