import type { JsonValue } from '../json/value';
import { isLongerThan, writeJson, writeString } from '../json/writer';

/** Characters of all that an answer repeats; beyond it, only what is short is repeated. */
const LONGEST_ECHOES = 1 << 20;
const SHORT_ECHO = 1000;

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
 * others. Numbers within `loc` are integers, within `input` as they were read. What the items repeat is limited: a body of
 * 16 MB with five fields missing would else be answered with up to 300 MB.
 */
export function renderErrors(errors: readonly ErrorItem[]): string {
  // Each missing field echoes the whole body, which may be large.
  const known = new Map<JsonValue, string | undefined>();
  const echo = (input: JsonValue): string | undefined => {
    if (known.has(input)) return known.get(input);
    const json = isLongerThan(LONGEST_ECHOES, input) ? undefined : writeJson(input);
    if (typeof input === 'object' && input !== null) known.set(input, json);
    return json;
  };
  const firm = errors.filter((error) => !error.yields);
  const items = firm.length > 0 ? firm : errors;
  const echoes = items.map(({ input }) => echo(input));
  const length = echoes.reduce((sum, json) => sum + (json?.length ?? Infinity), 0);
  const limit = length > LONGEST_ECHOES ? SHORT_ECHO : LONGEST_ECHOES;
  const repeated = echoes.map((json) => (json === undefined || json.length > limit ? 'null' : json));
  return `{"detail":[${items.map((error, index) => renderError(error, repeated[index] ?? 'null')).join(',')}]}`;
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
