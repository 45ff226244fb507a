import type { Answer } from './nouns';

/** What a client is told of its write. */
export type Reply =
  /** The owner's own answer. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** 503: nothing was done, and nothing of it will be done. */
  | { readonly kind: 'refused'; readonly why: string }
  /** 504: nobody knows yet. */
  | { readonly kind: 'unknown' }
  /** 504, or the row with 200: the answer was lost, and this is what was found out. */
  | { readonly kind: 'settled'; readonly applied: boolean; readonly row: Buffer | undefined };

export const UNKNOWN: Reply = { kind: 'unknown' };

export function refused(why: string): Reply {
  return { kind: 'refused', why };
}
