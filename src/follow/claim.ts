import type { JournalState } from './journal';
import { FollowRefusal } from './refusal';

/**
 * On what ground a request may change anything: the database must be as it was for whoever sent it.
 *
 * @typeParam Term the present term, as `GET /follow` or the last change tells it; null where no journal is attached. Only
 * a takeover may leave it open (undefined).
 */
export interface Claim<Term extends string | null | undefined = string> {
  readonly journal: string;
  readonly term: Term;
  /** Another journal that may be the attached one. */
  readonly replace?: string | undefined;
}

/** What a claim that holds has found. */
export type Claimed<Term> = null extends Term ? JournalState | undefined : JournalState;

/**
 * The one guard of all that changes anything. A request that comes late, when somebody has made a new term since, is of the
 * term before, and does nothing.
 *
 * @throws FollowRefusal
 */
export function demandClaim<Term extends string | null | undefined>(
  state: JournalState | undefined,
  { journal, term, replace }: Claim<Term>,
): Claimed<Term> {
  if (state === undefined) {
    if (term === null) return undefined as Claimed<Term>;
    throw new FollowRefusal('detached', 'No journal is attached');
  }
  const facts = { journal: state.journal, place: state.place, state: state.state };
  if (state.journal !== journal && state.journal !== replace) {
    throw new FollowRefusal('journal', `Journal ${state.journal} is attached at place ${state.place}`, facts);
  }
  if (term !== undefined && term !== state.term) {
    const what = `The present term of journal ${state.journal} is another than the one that was named`;
    throw new FollowRefusal('term', what, facts);
  }
  return state;
}
