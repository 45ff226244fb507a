import { OrderRefused, SideAway } from '../nouns';

/** What green answers to a question by its follower's interface. */
export interface FollowAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export function jsonOf({ body }: FollowAnswer): unknown {
  return JSON.parse(body.toString());
}

/** Why green is not at what was asked for, as docs/following.md names it. */
export function reasonIn(answer: FollowAnswer): unknown {
  return answer.status === 409 ? (jsonOf(answer) as { readonly reason: unknown }).reason : undefined;
}

/** The sentence of a refusal. */
export function errorIn({ body }: FollowAnswer): string {
  try {
    return String((JSON.parse(body.toString()) as { error?: unknown }).error);
  } catch {
    return body.toString('utf8', 0, 200);
  }
}

/**
 * @param isDone tells of a refusal that it says that it was done before
 * @throws OrderRefused if green is not at what was asked for; SideAway if it cannot be asked
 */
export function done(answer: FollowAnswer, isDone?: (refusal: { readonly filled?: unknown }) => boolean): FollowAnswer {
  if (answer.status === 200) return answer;
  const sentence = `green refuses with ${answer.status}: ${errorIn(answer)}`;
  if (answer.status !== 409) throw new SideAway(sentence);
  if (isDone?.(jsonOf(answer) as { readonly filled?: unknown }) === true) return answer;
  throw new OrderRefused(sentence);
}
