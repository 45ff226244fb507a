import { rowsOf } from '../src/cutover/traffic/rows';

/** The bytes of the row that a body makes: the same text with the id in front. */
export function rowText(id: number, body: string): string {
  return `{"id":${id},${body.slice(1)}`;
}

/** The rows of a list as their texts, by id. */
export function textsOf(list: string): Map<number, string> {
  return new Map([...rowsOf(Buffer.from(list))].map(({ id, bytes }) => [id, bytes.toString()]));
}

/** What a row may be: a body, or null for none. More than one while the outcome of a write is unknown. */
export type States = ReadonlySet<string | null>;

/** Whether a row is what it may be. @param text undefined: there is no such row */
export function isOneOf(states: States, id: number, text: string | undefined): boolean {
  return [...states].some((state) => text === (state === null ? undefined : rowText(id, state)));
}
