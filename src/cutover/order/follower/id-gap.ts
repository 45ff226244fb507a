import type { Entry, Ledger } from '../ledger';
import { SideAway, type Answer, type Request } from '../nouns';
import type { BluePort, Rules } from '../ports';
import { FollowerApart } from './feed';

export interface IdGapParts {
  readonly port: BluePort;
  readonly ledger: Ledger;
  readonly rules: Rules;
  /** See `KeptFollower.gapFrom`. */
  readonly from: () => number | null;
  readonly close: () => Promise<void>;
}

/** After a rebuild blue's next id is not known, and it may hold rows that nobody wants: until its first create of a collection. */
export class IdGap {
  constructor(private readonly parts: IdGapParts) {}

  /** Once this create counts as followed, its row must not be taken for what a rebuild has left. */
  isEndedBy(entry: Entry | undefined): boolean {
    if (entry?.verb !== 'create' || entry.resource !== 'collections' || entry.outcome?.kind !== 'applied') return false;
    return this.parts.from() !== null;
  }

  close(): Promise<void> {
    return this.parts.close();
  }

  /**
   * Deletes the rows that a rebuild, or a try to create the first row after it, has left.
   *
   * @param behind what blue may not have yet @throws SideAway, FollowerApart
   */
  async clear(behind: readonly Entry[], isStopped: () => boolean): Promise<void> {
    const { port, ledger, rules } = this.parts;
    const from = this.parts.from();
    if (from === null) return;
    const first = behind.find(
      ({ verb, resource, outcome }) => verb === 'create' && resource === 'collections' && outcome?.kind === 'applied',
    );
    const end = first?.outcome?.id ?? ledger.implied.next('collections')?.atLeast ?? from;
    const rows = await port.rowsFrom('collections', from, end - 1);
    if (rows === null)
      throw new FollowerApart('blue cannot list its collections, so that nobody can tell what is left there');
    for (const { id } of rows) {
      if (id >= end || isStopped()) continue;
      const { status } = await port.send(rules.requestFor('delete', 'collections', id, undefined));
      if (status >= 500) throw new SideAway(`blue answers ${status} to a delete`);
    }
  }

  /** The first create after a rebuild: blue's next id may be lower, and is then used up. @returns undefined if it was stopped */
  async create({ outcome }: Entry, request: Request, isStopped: () => boolean): Promise<Answer | undefined> {
    const { port, rules } = this.parts;
    const wanted = outcome?.id ?? 0;
    for (;;) {
      const answer = await port.send(request);
      if (isStopped()) return undefined;
      const id = answer.status < 300 ? rules.idOf(answer) : undefined;
      if (id === undefined || id >= wanted) return answer;
      const { status } = await port.send(rules.requestFor('delete', 'collections', id, undefined));
      if (status >= 300) throw new SideAway(`blue answers ${status} to a delete`);
    }
  }
}
