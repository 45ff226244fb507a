import type { DrillClient } from './client';
import { isOneOf, textsOf } from './texts';

/** What the clients know, held against what a side has. */
export interface Proof {
  readonly rows: number;
  /** Acknowledged rows, or changes of them, that are not there. */
  readonly lost: string[];
  /** Rows that are there twice, or that nobody wrote. */
  readonly doubled: string[];
}

/**
 * Holds a side's list of collections against everything that its clients were told.
 *
 * @param fixed rows that nobody has changed, as their texts by id
 */
export function prove(list: string, clients: readonly DrillClient[], fixed: ReadonlyMap<number, string>): Proof {
  const texts = textsOf(list);
  const lost: string[] = [];
  const known = new Set(fixed.keys());
  for (const [id, text] of fixed) if (texts.get(id) !== text) lost.push(`${id}, which nobody changed`);
  for (const client of clients) {
    for (const [id, states] of client.rows) {
      known.add(id);
      if (!isOneOf(states, id, texts.get(id))) lost.push(`${id} of ${client.name}`);
    }
  }
  return { rows: texts.size, lost, doubled: doubledAmong(texts, known, clients) };
}

/** A create without an answer may be there once; anything else that is not known is there once too often. */
function doubledAmong(
  texts: ReadonlyMap<number, string>,
  known: ReadonlySet<number>,
  clients: readonly DrillClient[],
): string[] {
  const open = new Set(clients.flatMap(({ unanswered }) => [...unanswered]));
  return [...texts]
    .filter(([id, text]) => !known.has(id) && !open.delete((JSON.parse(text) as { location: string }).location))
    .map(([, text]) => text);
}
