import type { GreenPort, GreenPosition } from './ports';

/**
 * From whom green takes batches. Green makes a new session with each claim and tells it to the one who claims: what was sent
 * in an earlier session, by this run or one before, cannot be committed any more.
 */
export class Session {
  /** What batches are sent with. If another claim overtook it they are refused, and a new claim helps. */
  current = '';

  constructor(readonly journal: string) {}

  /** @throws SideAway */
  async claim(port: GreenPort): Promise<GreenPosition> {
    const position = await port.claim();
    this.current = position.session;
    return position;
  }
}
