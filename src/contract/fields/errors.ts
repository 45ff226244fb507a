import type { JsonValue } from '../json/value';
import { writeJson, writeString } from '../json/writer';

/** Where a value stood: `['body', 'name']`, `['path', 'item_id']`, or a position in the text, `['body', 17]`. */
export type Location = readonly (string | number)[];

/** One item of a 422 answer, its keys in the order of the answer. `input` is the value as received. */
export interface ErrorItem {
  readonly type: string;
  readonly loc: Location;
  readonly msg: string;
  readonly input: JsonValue;
  readonly ctx?: Readonly<Record<string, string>>;
  readonly url?: string;
}

/** The body of a 422 answer: `{"detail":[…]}`. Numbers within `loc` are integers, within `input` as they were read. */
export function renderErrors(errors: readonly ErrorItem[]): string {
  // Each missing field echoes the whole body, which may be large.
  const echoes = new Map<JsonValue, string>();
  const echo = (input: JsonValue): string => {
    if (typeof input !== 'object' || input === null) return writeJson(input);
    const known = echoes.get(input);
    if (known !== undefined) return known;
    const json = writeJson(input);
    echoes.set(input, json);
    return json;
  };
  return `{"detail":[${errors.map((error) => renderError(error, echo(error.input))).join(',')}]}`;
}

function renderError({ type, loc, msg, ctx, url }: ErrorItem, input: string): string {
  const location = loc.map((step) => (typeof step === 'number' ? `${step}` : writeString(step)));
  return (
    `{"type":${writeString(type)},"loc":[${location.join(',')}],"msg":${writeString(msg)},"input":${input}` +
    (ctx === undefined ? '' : `,"ctx":${writeJson(ctx)}`) +
    (url === undefined ? '' : `,"url":${writeString(url)}`) +
    '}'
  );
}
