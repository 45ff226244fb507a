import type { Relay } from './relay';

/** Milliseconds between two looks: one timer for all reads, and none while there are none. */
const INTERVAL = 250;

/** Looks after all answers on their way: who of both ends keeps the other waiting, and whether that stands in others' way. */
export class RelayWatch {
  private readonly relays = new Set<Relay>();
  private timer: NodeJS.Timeout | undefined;
  private lookedAt = 0;

  /**
   * @param slowReaders that many clients may be slower than their side at once, each with a connection to it of its own; beyond
   *   it those that have read most slowly are cut off
   */
  constructor(private readonly slowReaders: number) {}

  add(relay: Relay): void {
    this.relays.add(relay);
    if (this.timer === undefined) this.lookedAt = performance.now();
    relay.whenOver = () => this.relays.delete(relay);
    this.timer ??= setInterval(() => this.look(), INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    const now = performance.now();
    const late = now - this.lookedAt - INTERVAL;
    this.lookedAt = now;
    if (late > INTERVAL) {
      // This process stood still, or was busy: what has arrived meanwhile is yet to be read.
      for (const relay of this.relays) relay.excuse(late);
      return;
    }
    const slow: Relay[] = [];
    for (const relay of this.relays) {
      relay.look(now);
      // Held up since the last look at least: whoever waits for a connection need not wait for this client.
      if (relay.isHeldSince(now - INTERVAL)) relay.leavePool();
      if (relay.isSlow) slow.push(relay);
    }
    if (slow.length > this.slowReaders) {
      slow.sort((one, other) => one.speed(now) - other.speed(now));
      for (const relay of slow.slice(0, slow.length - this.slowReaders)) relay.cut();
    }
    if (this.relays.size === 0) this.close();
  }
}
