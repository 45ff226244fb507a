import type { Entry } from '../ledger';
import { UNRENDERABLE } from '../nouns';
import type { Outcomes } from '../outcomes';
import type { Rules } from '../ports';
import { UNKNOWN, type Reply } from '../reply';
import type { OwnerEvents } from './owner-line';
import type { Found } from './prefix';

export interface FoundOutcomesParts {
  readonly outcomes: Outcomes;
  readonly rules: Rules;
  readonly events: OwnerEvents;
}

/**
 * Records what reading showed of writes that were in doubt.
 *
 * @param isLost blue has lost its data, so that nothing of it can be told
 * @param mayResend they are of this run
 * @returns those that are to be sent again
 */
export function record(
  found: readonly Found[],
  { isLost, mayResend }: { readonly isLost: boolean; readonly mayResend: boolean },
  { outcomes, rules, events }: FoundOutcomesParts,
): Entry[] {
  const again: Entry[] = [];
  for (const { entry, result, id, row, status } of found) {
    const none = { status, id: null, digest: null };
    if (isLost) outcomes.add(entry, { kind: 'void', ...none }, UNKNOWN);
    else if (result === 'applied') {
      const shown = row?.equals(UNRENDERABLE) === true ? undefined : row;
      const digest = shown === undefined ? null : rules.digestOf(shown);
      const reply: Reply = { kind: 'settled', applied: true, row: shown };
      outcomes.add(entry, { kind: 'applied', status: null, id, digest }, reply);
    } else if (result === 'unknown') {
      events.onUnknown(entry, `blue cannot list its ${entry.resource}, so that nobody can tell what became of it.`);
      outcomes.add(entry, { kind: 'unknown', ...none }, UNKNOWN);
    } else if (status !== null) outcomes.add(entry, { kind: 'refused', ...none }, UNKNOWN);
    // Whose client was told that nobody knows is not tried for ever.
    else if (result === 'open' && mayResend && entry.tell !== undefined) again.push(entry);
    else if (result === 'hidden') outcomes.add(entry, { kind: 'void', ...none }, UNKNOWN);
    else outcomes.add(entry, { kind: 'void', ...none }, { kind: 'settled', applied: false, row: undefined });
  }
  return again;
}
