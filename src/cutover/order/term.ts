import type { GreenPort, Takeover } from './ports';

/**
 * From whom green takes batches. Green makes a new term with each takeover and tells it to the one who takes over: what was
 * sent in an earlier term, by this run or one before, cannot be committed any more.
 */
export class Term {
  /** What batches are sent with. If another takeover overtook it they are refused, and a new one helps. */
  current = '';

  constructor(readonly journal: string) {}

  /** @throws SideAway */
  async takeOver(port: GreenPort): Promise<Takeover> {
    const takeover = await port.takeover(this.journal);
    this.current = takeover.term;
    return takeover;
  }
}
