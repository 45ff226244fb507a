import { OrderRefused, RESOURCES, SideAway } from '../../src/cutover/order/nouns';
import type { Order } from '../../src/cutover/order/order';
import type { Excuses } from './excuses';
import type { Action } from './schedule';
import type { SimulatedBlue } from './simulated-blue';
import type { SimulatedGreen } from './simulated-green';
import type { SimulatedProcess, SimulatedTime } from './simulated-time';

export interface OperatorParts {
  readonly time: SimulatedTime;
  readonly excuses: Excuses;
  readonly blue: SimulatedBlue;
  readonly green: SimulatedGreen;
  readonly violations: string[];
  readonly note: (text: string) => void;
}

/** Whoever makes the steps of a cutover. */
export class Operator {
  /** Steps that are under way. */
  private operating = 0;

  constructor(private readonly parts: OperatorParts) {}

  get isAtWork(): boolean {
    return this.operating > 0;
  }

  act(
    order: Order,
    process: SimulatedProcess,
    action: Extract<Action, { kind: 'step' | 'import' | 'database import' | 'rebuild' }>,
  ): void {
    const tasks = {
      step: () => this.change(order, action),
      import: () => order.importCopy(),
      'database import': () => this.importIntoDatabase(order, process, action),
      rebuild: () => order.rebuildFollower(),
    };
    this.operate(action.kind, order, process, tasks[action.kind]);
  }

  private async change(order: Order, action: Action): Promise<void> {
    if (action.kind !== 'step') return;
    const { unanswered, phase: from } = order.status;
    const options = { percent: 50, ...(action.abandon && unanswered > 0 && { abandonUnanswered: unanswered }) };
    await order.change(action.to, options);
    // What a dead owner has done with writes that were given up, it cannot undo.
    if (options.abandonUnanswered !== undefined && from !== order.status.phase) {
      this.parts.excuses.add('writes were given up', this.parts.time.elapsed);
    }
  }

  /** As the verb `import` does it: it reads blue at a place, lets writes go on, and writes into green's database itself. */
  private async importIntoDatabase(order: Order, process: SimulatedProcess, action: Action): Promise<void> {
    if (action.kind !== 'database import') return;
    const { blue, green } = this.parts;
    const held = await order.hold('import');
    try {
      if (!RESOURCES.every((resource) => blue.data.isListable(resource))) throw new OrderRefused('blue has no lists');
      const rows = { collections: blue.data.list('collections'), locations: blue.data.list('locations') };
      const next = { ...blue.data.next };
      await process.outcome(1, () => held.release());
      await process.outcome(action.milliseconds, () => green.importRows(rows));
      await held.attach(next, 0);
    } catch (error) {
      held.abandon();
      throw error;
    }
  }

  private operate(what: string, order: Order, process: SimulatedProcess, task: () => Promise<void>): void {
    const { note, violations } = this.parts;
    this.operating++;
    process.onKill(() => (this.operating = 0));
    task()
      .finally(() => this.operating--)
      .then(
        () => {
          note(`${what}: done: ${JSON.stringify(order.status)}`);
        },
        (error: unknown) => {
          note(`${what}: ${String(error)}`);
          const isForeseen = error instanceof OrderRefused || error instanceof SideAway || isDiskError(error);
          if (!isForeseen) violations.push(`${what}: ${String(error)}`);
        },
      );
  }
}

export function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EIO'].includes(String(error.code));
}
