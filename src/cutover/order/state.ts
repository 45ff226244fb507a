import type { PhaseName } from '../traffic/phase';
import type { FollowerState } from './follower/states';
import type { Disk } from './ports';

/** What is kept of the follower. */
export interface KeptFollower {
  readonly state: Exclude<FollowerState, 'away'>;
  /** Why it is halted, dropped or rebuilt. */
  readonly reason: string | null;
  /** It had everything up to here when it was attached. */
  readonly place: number;
  /** Counts the attachments: marks in the journal belong to one of them. */
  readonly attachment: number;
  /**
   * After a rebuild of blue, until it has created a collection: from this id on it may have used up ids, or not yet, and may
   * hold rows that nobody wants.
   */
  readonly gapFrom: number | null;
}

/** Everything that steps change. It is replaced as a whole, and first of all. */
export interface OrderState {
  readonly journal: string;
  readonly phase: PhaseName;
  /** Of the clients whose reads green answers in phase split. */
  readonly percent: number;
  readonly follower: KeptFollower;
}

const NAME = 'state.json';

/** The state on the disk and in memory. They never part: memory changes once the disk has changed. */
export class StateStore {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly disk: Disk,
    private value: OrderState,
  ) {}

  /** The state of the last run; a new one is written first. @throws SyntaxError if it is damaged */
  static async open(disk: Disk, newState: () => OrderState): Promise<StateStore> {
    const bytes = await disk.read(NAME);
    if (bytes !== undefined) return new StateStore(disk, JSON.parse(bytes.toString('utf8')) as OrderState);
    const state = newState();
    await disk.replace(NAME, encode(state));
    return new StateStore(disk, state);
  }

  static exists(names: readonly string[]): boolean {
    return names.includes(NAME);
  }

  get(): OrderState {
    return this.value;
  }

  /**
   * @param change makes the new state from the present one; undefined leaves it
   * @throws the disk's error; nothing has changed then
   */
  update(change: (state: OrderState) => OrderState | undefined): Promise<void> {
    const saved = this.saving.then(async () => {
      const next = change(this.value);
      if (next === undefined) return;
      await this.disk.replace(NAME, encode(next));
      this.value = next;
    });
    this.saving = saved.catch(() => undefined);
    return saved;
  }
}

function encode(state: OrderState): Buffer {
  return Buffer.from(`${JSON.stringify(state, null, 2)}\n`);
}
