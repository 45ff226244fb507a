import type { SideName } from '../../order/nouns';
import type { AnswerPairs } from './answer-pairs';

/** What the watched sides tell of themselves. */
export interface Watch {
  readonly owner: () => SideName;
  readonly pairs: AnswerPairs;
}
