import type { Excuses } from './excuses';
import type { Operator } from './operator';
import type { Action } from './schedule';
import { requestOf } from './simulated-api';
import type { SimulatedBlue } from './simulated-blue';
import type { SimulatedDisk } from './simulated-disk';
import type { SimulatedGreen } from './simulated-green';
import type { SimulatedTime } from './simulated-time';

export type Fault = Exclude<
  Action,
  { kind: 'write' | 'read' | 'step' | 'import' | 'database import' | 'rebuild' | 'kill' | 'power cut' }
>;

export interface FaultsParts {
  readonly time: SimulatedTime;
  readonly disk: SimulatedDisk;
  readonly blue: SimulatedBlue;
  readonly green: SimulatedGreen;
  readonly excuses: Excuses;
  readonly operator: Operator;
  readonly diskBytes: number;
}

/** What goes wrong with the disk and the sides. */
export class Faults {
  /** Milliseconds at which blue forgot rows while it owned the writes, the last time. */
  ownerLostAt = -Infinity;

  constructor(private readonly parts: FaultsParts) {}

  happen(fault: Fault): void {
    const { time, disk, blue, green, diskBytes } = this.parts;
    switch (fault.kind) {
      case 'disk full':
        disk.capacity = disk.used;
        return void time.after(fault.milliseconds, () => (disk.capacity = diskBytes));
      case 'sync fails':
        disk.failsSync = true;
        return void time.after(fault.milliseconds, () => (disk.failsSync = false));
      case 'write fails':
        disk.failsWrite = true;
        return void time.after(fault.milliseconds, () => (disk.failsWrite = false));
      case 'disk slow':
        disk.slow = 40;
        return void time.after(fault.milliseconds, () => (disk.slow = 0));
      case 'disk stalls':
        // What begins now takes so long.
        disk.slow = fault.milliseconds;
        return void time.after(20, () => (disk.slow = 0));
      case 'blue restart':
        this.restartBlue(fault.milliseconds);
        return;
      case 'blue hang':
        blue.hang(fault.milliseconds);
        return;
      case 'blue cut':
        blue.cut(fault.milliseconds / 4);
        return;
      case 'blue 500':
        return void blue.faults.push(fault.done ? '500 done' : '500 not done');
      case 'green crash':
        green.crash(fault.milliseconds);
        return;
      case 'green cut':
        green.cut(fault.milliseconds / 4);
        return;
      case 'green reset':
        green.reset();
        return;
      case 'green late':
        return void green.late.push(fault.milliseconds);
      case 'green wipe':
        this.wipeGreen();
        return;
      case 'green stranger':
        this.writePast();
        return;
    }
  }

  heal(): void {
    const { disk, blue, green, diskBytes } = this.parts;
    Object.assign(disk, { capacity: diskBytes, failsSync: false, failsWrite: false, slow: 0 });
    blue.heal();
    green.heal();
  }

  /** Whoever owns the writes while it forgets everything takes them along. */
  private restartBlue(milliseconds: number): void {
    const owns = this.phaseOnDisk() !== 'green' && this.phaseOnDisk() !== 'done';
    const had = this.parts.blue.data.next.collections > 1 || this.parts.blue.data.next.locations > 1;
    const mayOwn = had && (owns || this.parts.operator.isAtWork);
    this.parts.excuses.add('blue forgot', this.parts.time.elapsed, !mayOwn);
    if (mayOwn) this.ownerLostAt = this.parts.time.elapsed;
    this.parts.blue.restart(milliseconds);
  }

  private wipeGreen(): void {
    const phase = this.phaseOnDisk();
    // A database that goes just when it gets the writes takes them along.
    if (phase === 'green' || phase === 'done' || this.parts.operator.isAtWork) return;
    this.parts.excuses.add('green was wiped', this.parts.time.elapsed);
    this.parts.green.wipe();
  }

  /** Somebody creates a row at green past the gateway, where that does not change what clients were told. */
  private writePast(): void {
    const phase = this.phaseOnDisk();
    if (phase === 'green' || phase === 'done' || this.parts.operator.isAtWork) return;
    this.parts.excuses.add('somebody wrote to green', this.parts.time.elapsed);
    this.parts.green.data.handle(requestOf('create', 'collections', null, 'of a stranger', 'fine'));
  }

  private phaseOnDisk(): string {
    const state = this.parts.disk.contentOf('state.json');
    return state === undefined ? 'blue' : (JSON.parse(state.toString()) as { phase: string }).phase;
  }
}
