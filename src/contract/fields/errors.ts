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
  /**
   * The old server took this value (and failed on it afterwards). The item counts only if nothing else is wrong, so
   * that an answer the old server did give keeps its bytes. Not part of the answer.
   */
  readonly yields?: boolean;
}

/**
 * The body of a 422 answer, `{"detail":[…]}`, from all errors of the request: items that yield are left out beside
 * others. Numbers within `loc` are integers, within `input` as they were read.
 */
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
  const firm = errors.filter((error) => !error.yields);
  const items = firm.length > 0 ? firm : errors;
  return `{"detail":[${items.map((error) => renderError(error, echo(error.input))).join(',')}]}`;
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
