/** Why something was not done; `reason` is for programs, the message a sentence for people. */
export type RefusalReason =
  'detached' | 'journal' | 'term' | 'rebuilding' | 'not-rebuilding' | 'gap' | 'answers-full' | 'next-ids' | 'rows';

/** The database is not at what was asked for: asking again does not help, and nothing was changed. */
export class FollowRefusal extends Error {
  override readonly name = 'FollowRefusal';

  constructor(
    readonly reason: RefusalReason,
    message: string,
    /** What is known of the matter besides, such as the place. */
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Not now: nothing was done. */
export class TooManyMessages extends Error {
  override readonly name = 'TooManyMessages';
}
