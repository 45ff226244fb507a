import type { Ledger } from './ledger';

/** Clients whose last writes are remembered one by one. */
const REMEMBERED = 10_000;

/**
 * Remembers where in the order each client wrote last. The follower has a client's writes if it has every place up to that
 * one: a later write of the client may be done there before an earlier one only where places finish out of order.
 */
export class OwnWrites {
  private readonly places = new Map<string, number>();

  /** @param everyone as if every client had written there: what was written before the start is nobody's by name */
  constructor(
    private readonly ledger: Ledger,
    private everyone: number,
  ) {}

  wrote(client: string, place: number): void {
    if (this.places.size >= REMEMBERED) {
      this.places.clear();
      this.everyone = this.ledger.lastPlace;
    }
    this.places.set(client, Math.max(place, this.places.get(client) ?? 0));
  }

  /** True if the follower has everything that this client wrote. */
  areFollowed(client: string): boolean {
    const { followedTo } = this.ledger;
    if (followedTo === null || followedTo < this.everyone) return false;
    const place = this.places.get(client);
    if (place === undefined) return true;
    if (followedTo < place) return false;
    this.places.delete(client);
    return true;
  }
}
