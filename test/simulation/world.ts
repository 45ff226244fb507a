import {
  OrderRefused,
  RESOURCES,
  SideAway,
  type Answer,
  type Resource,
  type Verb,
} from '../../src/cutover/order/nouns';
import { Order, type OrderOptions } from '../../src/cutover/order/order';
import type { OrderStatus } from '../../src/cutover/order/order-status';
import type { Evidence, EvidenceStore } from '../../src/cutover/order/ports';
import type { Reply } from '../../src/cutover/order/reply';
import { hasFollower } from '../../src/cutover/order/state';
import { Random } from './random';
import type { Action } from './schedule';
import { requestOf, RULES, textOf, type Quirk } from './simulated-api';
import { SimulatedBlue } from './simulated-blue';
import { SimulatedDisk } from './simulated-disk';
import { SimulatedGreen } from './simulated-green';
import { SimulatedProcess, SimulatedTime } from './simulated-time';

/** A write that a client made, and what it was told. */
export interface Made {
  readonly number: number;
  readonly client: number;
  readonly verb: Verb;
  readonly resource: Resource;
  /** In the path, or of the row that was made. */
  id: number | null;
  readonly text: string;
  readonly quirk: Quirk;
  place: number | null;
  /** Milliseconds since the start. */
  readonly at: number;
  /** `done` and `nothing` are certain; `perhaps`: 504, 5xx, or the gateway died. */
  told: 'waits' | 'done' | 'nothing' | 'perhaps';
}

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
  readonly made: Made[] = [];
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
  /** Milliseconds from which on a follower may be halted, and evidence have no other cause. */
  excusedFrom = Infinity;
  haltedAtRest: OrderStatus | undefined;
  private process: SimulatedProcess;
  private order: Order | undefined;
  private readonly random: Random;
  private readonly busy = new Map<number, Made>();
  private readonly rows: { resource: Resource; id: number }[] = [];
  private archived = 0;
  /** Steps that are under way. */
  private operating = 0;
  private names = 0;

  constructor(seed: number) {
    this.random = new Random(seed ^ 0x5eed);
    this.disk = new SimulatedDisk(this.random);
    this.disk.capacity = DISK_BYTES;
    const onText = (text: string) => void this.texts.add(text);
    this.blue = new SimulatedBlue(this.time, this.random, onText);
    this.green = new SimulatedGreen(this.time, this.random, onText);
    this.process = new SimulatedProcess(this.time);
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
        }),
      archive: () => process.outcome(0.3, () => void (this.archived = this.evidence.length)),
      get oneSided() {
        return oneSided();
      },
    };
  }

  private stop(milliseconds: number): void {
    this.process.kill();
    this.order = undefined;
    for (const made of this.busy.values()) this.tell(made, 'perhaps');
    this.busy.clear();
    const { process } = this;
    this.time.after(milliseconds, () => this.process === process && this.start());
  }

  private act(action: Action): void {
    if (action.kind === 'write') {
      this.write(action);
      return;
    }
    if (action.kind === 'read') {
      this.read(action.client);
      return;
    }
    this.note(`${action.kind} ${JSON.stringify(action)}`);
    switch (action.kind) {
      case 'step': {
        const unanswered = this.order?.status.unanswered ?? 0;
        const options = { percent: 50, ...(action.abandon && unanswered > 0 && { abandonUnanswered: unanswered }) };
        this.operate(`phase ${action.to}`, async (order) => {
          const from = order.status.phase;
          await order.change(action.to, options);
          // What a dead blue has done with writes that were given up, it cannot undo.
          if (options.abandonUnanswered !== undefined && from !== order.status.phase) this.excuse();
        });
        return;
      }
      case 'import': {
        this.operate('import', (order) => order.importCopy());
        return;
      }
      case 'database import': {
        this.operate('database import', (order) => this.importIntoDatabase(order, action.milliseconds));
        return;
      }
      case 'rebuild': {
        this.operate('rebuild', (order) => order.rebuildFollower());
        return;
      }
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
    }
  }

  /** Whoever owns the writes while it forgets everything takes them along. */
  private restartBlue(milliseconds: number): void {
    const owns = this.phaseOnDisk() !== 'green' && this.phaseOnDisk() !== 'done';
    const had = this.blue.data.next.collections > 1 || this.blue.data.next.locations > 1;
    this.excuse();
    if (had && (owns || this.operating > 0)) this.ownerLostAt = this.time.elapsed;
    this.blue.restart(milliseconds);
  }

  private wipeGreen(): void {
    const phase = this.phaseOnDisk();
    // A database that goes just when it gets the writes takes them along.
    if (phase === 'green' || phase === 'done' || this.operating > 0) return;
    this.excuse();
    this.green.wipe();
  }

  /** As the verb `import` does it: it reads blue at a place, lets writes go on, and writes into green's database itself. */
  private async importIntoDatabase(order: Order, milliseconds: number): Promise<void> {
    const { process } = this;
    const held = await order.hold('import');
    try {
      if (!RESOURCES.every((resource) => this.blue.data.isListable(resource)))
        throw new OrderRefused('blue has no lists');
      const rows = { collections: this.blue.data.list('collections'), locations: this.blue.data.list('locations') };
      const next = { ...this.blue.data.next };
      await process.outcome(1, () => held.release());
      await process.outcome(milliseconds, () => this.green.importRows(rows));
      await held.attach(next, 0);
    } catch (error) {
      held.abandon();
      throw error;
    }
  }

  private excuse(): void {
    this.excusedFrom = Math.min(this.excusedFrom, this.time.elapsed);
  }

  private phaseOnDisk(): string {
    const state = this.disk.contentOf('state.json');
    return state === undefined ? 'blue' : (JSON.parse(state.toString()) as { phase: string }).phase;
  }

  private operate(what: string, act: (order: Order) => Promise<void>): void {
    const { order } = this;
    if (order === undefined) return;
    this.operating++;
    const { process } = this;
    process.onKill(() => (this.operating = 0));
    act(order)
      .finally(() => this.operating--)
      .then(
        () => {
          this.note(`${what}: done: ${JSON.stringify(order.status)}`);
        },
        (error: unknown) => {
          this.note(`${what}: ${String(error)}`);
          const isForeseen = error instanceof OrderRefused || error instanceof SideAway || isDiskError(error);
          if (!isForeseen) this.violations.push(`${what}: ${String(error)}`);
        },
      );
  }

  private write({ client, verb, resource, row, quirk, bytes }: Extract<Action, { kind: 'write' }>): void {
    const { order } = this;
    if (order === undefined || this.busy.has(client)) return;
    const number = this.made.length + 1;
    const known = this.rows.filter((one) => one.resource === resource);
    const picked = known[Math.floor(row * (known.length + 1))];
    const id = verb === 'create' ? null : (picked?.id ?? known.length + 1 + Math.floor(row * 3));
    const text = `${number}${'.'.repeat(bytes)}`;
    const made: Made = {
      number,
      client,
      verb,
      resource,
      id,
      text,
      quirk,
      place: null,
      at: this.time.elapsed,
      told: 'waits',
    };
    this.made.push(made);
    this.busy.set(client, made);
    const request = requestOf(verb, resource, id, text, quirk);
    this.note(`client ${client} ${verb} ${resource} ${String(id)} "${number}" ${quirk}`);
    void order.submit({ resource, verb, id }, request, `client ${client}`).then(({ reply, place }) => {
      made.place = place;
      if (this.busy.get(client) === made) this.busy.delete(client);
      this.note(`client ${client} "${number}" place ${String(place)}: ${describeReply(reply)}`);
      this.take(made, reply);
    });
  }

  private take(made: Made, reply: Reply): void {
    if (reply.kind === 'refused') this.tell(made, 'nothing');
    else if (reply.kind === 'unknown') this.tell(made, 'perhaps');
    else if (reply.kind === 'settled') {
      this.tell(made, reply.applied ? 'done' : 'nothing');
      if (reply.applied && reply.row !== undefined) this.learn(made, reply.row);
    } else if (reply.answer.status >= 500) this.tell(made, 'perhaps');
    else if (reply.answer.status >= 300) this.tell(made, 'nothing');
    else {
      this.tell(made, 'done');
      if (made.verb === 'create') this.learn(made, reply.answer.body);
    }
  }

  private learn(made: Made, row: Answer['body']): void {
    made.id = (JSON.parse(row.toString()) as { id: number }).id;
    if (made.verb === 'create') this.rows.push({ resource: made.resource, id: made.id });
  }

  private tell(made: Made, told: Made['told']): void {
    if (made.told === 'waits') made.told = told;
  }

  /** A client that may read from green sees there what it has written. */
  private read(client: number): void {
    const { order } = this;
    if (order === undefined || !order.mayReadFromGreen(`client ${client}`)) return;
    for (const { verb, resource, id, text, told, client: by, quirk } of this.made) {
      if (by !== client || told !== 'done' || verb === 'delete' || id === null || quirk !== 'fine') continue;
      const others = this.made.filter((one) => one.resource === resource && one.id === id && one.text !== text);
      if (others.length > 0 || this.excusedFrom < Infinity) continue;
      const row = this.green.data.rows[resource].get(id);
      if (row === undefined || textOf(row) !== text) {
        this.violations.push(`client ${client} does not see its own ${resource} ${id} on green`);
      }
    }
  }

  private async mend(): Promise<void> {
    this.note('everything is mended');
    Object.assign(this.disk, { capacity: DISK_BYTES, failsSync: false, failsWrite: false, slow: 0 });
    this.blue.heal();
    this.green.heal();
    await this.time.run(
      SETTLING,
      () => this.order !== undefined && this.busy.size === 0 && this.isAtRest(this.order.status),
    );
    // A disk that failed is tried again after a while.
    await this.time.run(1500);
    // What was broken while nobody wrote shows with the next write.
    for (const resource of ['collections', 'locations'] as const) {
      this.write({ kind: 'write', at: 0, client: 99, verb: 'create', resource, row: 0, quirk: 'fine', bytes: 1 });
      await this.time.run(SETTLING, () => this.busy.size === 0);
    }
    await this.rest('');
    this.haltedAtRest = this.order?.status;
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
      this.operate('rebuild', (order) => order.rebuildFollower());
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

function describeReply(reply: Reply): string {
  if (reply.kind === 'answer') return `${reply.answer.status} ${reply.answer.body.toString().slice(0, 40)}`;
  if (reply.kind === 'settled') return `settled, ${reply.applied ? 'applied' : 'not applied'}`;
  return reply.kind === 'refused' ? `503 ${reply.why}` : '504';
}

function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EIO'].includes(String(error.code));
}
