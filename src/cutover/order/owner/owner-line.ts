import type { Entry } from '../ledger';

/** Carries writes out at the side that owns them, in the order of their places. */
export interface OwnerLine {
  /** Finds out what became of the writes that an earlier run left open. Nothing of them is sent again. */
  start(leftOpen: readonly Entry[]): void;
  /** Writes whose places are durable, in order. */
  release(entries: readonly Entry[]): void;
  /** Takes a write back that was not sent yet. @returns false if it was */
  withdraw(entry: Entry): boolean;
  /** Why nothing goes through now; undefined if it does. */
  readonly trouble: string | undefined;
  /** False until what an earlier run left open is settled. */
  readonly ready: boolean;
  /** Whatever is still under way is nobody's business any more. */
  stop(): void;
}

/** What the lines tell of their side. */
export interface OwnerEvents {
  /**
   * The owner holds less than it did: it lost its data, and the follower must not follow it. Nothing is fed any more from the
   * call on; it resolves once that would be so after a restart, too.
   */
  onLost(explanation: string): Promise<void>;
  /** The owner gave another id than the order implies: somebody writes past the gateway. */
  onForeignId(entry: Entry, id: number, explanation: string): void;
  /** Nobody can tell any more whether this was carried out. */
  onUnknown(entry: Entry, explanation: string): void;
  /** It went, or came back. */
  onChange(): void;
}

/** Milliseconds between two tries to reach a side. */
export const OWNER_RETRY = 250;
