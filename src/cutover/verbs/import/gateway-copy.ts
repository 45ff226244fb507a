import { HeldWrites, type GatewayReadOptions } from '../../control/held-writes';
import type { PlannedList } from './write-lists';

/** A copy of blue at a known place of a running gateway's order, so that green can follow exactly from there. */
export class GatewayCopy {
  private constructor(private readonly held: HeldWrites) {}

  /**
   * From now on writes are held back.
   *
   * @throws ControlError if the gateway refuses, UsageError without a token
   */
  static async begin(options: GatewayReadOptions, say: (sentence: string) => void): Promise<GatewayCopy> {
    const held = await HeldWrites.begin('import', options);
    say(`writes are held back at place ${held.place} of the gateway's order until blue was read`);
    return new GatewayCopy(held);
  }

  /** The next id of collections; undefined if the gateway has not seen the newest create, so that it only knows a lower bound. */
  get nextCollectionId(): bigint | undefined {
    const known = this.held.status.nextIds.blue.collections;
    return known?.exact === true ? BigInt(known.atLeast) : undefined;
  }

  get blue(): URL {
    return this.held.blue;
  }

  /** Everything was read: writes go on. @throws ControlError if they did before */
  release(): Promise<void> {
    return this.held.release();
  }

  /** Green holds the copy, and will follow from its place. @throws ControlError if the gateway does not know of it any more */
  async end(lists: readonly PlannedList[]): Promise<void> {
    await this.held.end({
      nextIds: Object.fromEntries(lists.map(({ resource, nextId }) => [resource, Number(nextId)])),
      leftOut: lists.reduce((sum, { unreadable }) => sum + unreadable.length, 0),
    });
  }

  /** Writes go on; only a copy that has ended stays. */
  abandon(): Promise<void> {
    return this.held.abandon();
  }
}
