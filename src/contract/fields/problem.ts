import type { JsonValue } from '../json/value';
import type { ErrorItem, Location } from './errors';

const DOCUMENTATION = 'https://errors.pydantic.dev/2.5/v/';

/** What is wrong with a value, in pydantic 2.5's words; becomes an item of the answer once its place is known. */
export class Problem {
  /**
   * @param options.ctx the item's `ctx`
   * @param options.documented whether the item has a `url`
   * @param options.yields see ErrorItem
   */
  constructor(
    readonly type: string,
    readonly msg: string,
    private readonly options: {
      readonly ctx?: Readonly<Record<string, string>>;
      readonly documented?: boolean;
      readonly yields?: boolean;
    } = {},
  ) {}

  /** The item of a 422 answer for a value at `loc`; `input` is the value as received. */
  at(loc: Location, input: JsonValue): ErrorItem {
    const { ctx, documented = true, yields = false } = this.options;
    return {
      type: this.type,
      loc,
      msg: this.msg,
      input,
      ...(ctx && { ctx }),
      ...(documented && { url: DOCUMENTATION + this.type }),
      ...(yields && { yields }),
    };
  }

  /** The same problem where the old server saw none. */
  yielding(): Problem {
    return new Problem(this.type, this.msg, { ...this.options, yields: true });
  }
}

export const MISSING = new Problem('missing', 'Field required');
export const NOT_AN_OBJECT = new Problem(
  'model_attributes_type',
  'Input should be a valid dictionary or object to extract fields from',
);
export const NOT_A_STRING = new Problem('string_type', 'Input should be a valid string');
/** A lone surrogate in a value that is to be parsed. */
export const NOT_UNICODE = new Problem(
  'string_unicode',
  'Input should be a valid string, unable to parse raw data as a unicode string',
);
/** A lone surrogate in a plain string: no answer can hold it, and the old server, which stored it, failed on every read. */
export const UNANSWERABLE_STRING = NOT_UNICODE.yielding();
export const NOT_AN_INTEGER = new Problem('int_type', 'Input should be a valid integer');
export const UNREADABLE_INTEGER = new Problem(
  'int_parsing',
  'Input should be a valid integer, unable to parse string as an integer',
);
export const OVERSIZED_INTEGER = new Problem(
  'int_parsing_size',
  'Unable to parse input string as an integer, exceeded maximum size',
);
export const FRACTIONAL_INTEGER = new Problem(
  'int_from_float',
  'Input should be a valid integer, got a number with a fractional part',
);
export const NOT_A_NUMBER = new Problem('float_type', 'Input should be a valid number');
export const UNREADABLE_NUMBER = new Problem(
  'float_parsing',
  'Input should be a valid number, unable to parse string as a number',
);
/** NaN or an infinity where an integer is wanted. */
export const NOT_FINITE = new Problem('finite_number', 'Input should be a finite number');
/** NaN or an infinity as a float: JSON has no word for it, and the old server, which stored it, failed on every read. */
export const UNANSWERABLE_NUMBER = NOT_FINITE.yielding();
export const NOT_A_DATETIME = new Problem('datetime_type', 'Input should be a valid datetime');

/** `reason` is speedate's, e.g. `input is too short`. */
export function unreadableDatetime(reason: string): Problem {
  return new Problem('datetime_parsing', `Input should be a valid datetime, ${reason}`, { ctx: { error: reason } });
}

/** `values` in the enumeration's order. */
export function notInEnum(values: readonly string[]): Problem {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop() ?? '';
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
  return new Problem('enum', `Input should be ${expected}`, { ctx: { expected }, documented: false });
}

/** FastAPI's own error for a body that is not JSON. */
export function invalidJson(reason: string): Problem {
  return new Problem('json_invalid', 'JSON decode error', { ctx: { error: reason }, documented: false });
}
