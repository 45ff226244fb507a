import type { FoundRecord } from './journal/segments';
import type { Ledger } from './ledger';

/** What the records of earlier runs say. */
export class Recovered {
  /** The first place whose record there would be. */
  heldFrom = 1;
  private first = true;

  constructor(readonly ledger: Ledger) {
    // Everything is kept until it is known what the follower has.
    ledger.attach(0);
  }

  take({ record, position }: FoundRecord): void {
    if (record.kind === 'segment' && this.first) {
      this.first = false;
      this.heldFrom = record.lastPlace + 1;
    } else if (record.kind === 'write') {
      const { place, owner, resource, verb, id, next } = record;
      this.ledger.add({
        place,
        owner,
        resource,
        verb,
        id,
        next,
        position,
        request: undefined,
        outcome: undefined,
        tell: undefined,
      });
    } else if (record.kind === 'outcomes') {
      for (const outcome of record.outcomes) {
        const entry = this.ledger.get(outcome.place);
        if (entry !== undefined) this.ledger.answer(entry, outcome);
      }
    }
  }
}
