import { HeldWrites, type GatewayReadOptions } from '../control/held-writes';
import type { Resource } from '../sides/resource';
import type { ValueMap } from './value-map';
import type { PlannedList } from './write-lists';

/** A copy of blue at a known place of a running gateway's order, so that green can follow exactly from there. */
export class GatewayCopy {
  private constructor(
    private readonly held: HeldWrites,
    /** The gateway has seen the newest creates, so that nobody need ask blue. */
    readonly knowsNextId: boolean,
  ) {}

  /**
   * From now on writes are held back.
   *
   * @param nextIds as the operator gave them; completed by what the gateway knows
   * @throws ControlError if the gateway refuses, UsageError without a token
   */
  static async begin(
    options: GatewayReadOptions,
    nextIds: Map<Resource, bigint>,
    say: (sentence: string) => void,
  ): Promise<GatewayCopy> {
    const held = await HeldWrites.begin('import', options);
    const known = held.status.nextIds.blue.collections;
    const isKnown = known?.exact === true && !nextIds.has('collections');
    if (isKnown) nextIds.set('collections', BigInt(known.atLeast));
    say(`writes are held back at place ${held.place} of the gateway's order until blue was read`);
    return new GatewayCopy(held, isKnown);
  }

  get blue(): URL {
    return this.held.blue;
  }

  /** Everything was read: writes go on, and green will follow from this place. @throws ControlError if they did before */
  async end(lists: readonly PlannedList[], map: ValueMap): Promise<void> {
    await this.held.end({
      nextIds: Object.fromEntries(lists.map(({ resource, nextId }) => [resource, Number(nextId)])),
      mapped: Object.keys(map.used).length > 0,
      incomplete: lists.some(({ unreadable }) => unreadable.length > 0),
    });
  }

  /** Writes go on; a copy that has ended stays. */
  abandon(): Promise<void> {
    return this.held.abandon();
  }
}
