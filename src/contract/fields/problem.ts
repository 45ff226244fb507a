import type { JsonValue } from '../json/value';
import type { ErrorItem, Location } from './errors';

const DOCUMENTATION = 'https://errors.pydantic.dev/2.5/v/';

/** What is wrong with a value, in pydantic 2.5's words; becomes an item of the answer once its place is known. */
export class Problem {
  constructor(
    readonly type: string,
    readonly msg: string,
    private readonly ctx?: Readonly<Record<string, string>>,
    private readonly documented = true,
  ) {}

  /** The item of a 422 answer for a value at `loc`; `input` is the value as received. */
  at(loc: Location, input: JsonValue): ErrorItem {
    return {
      type: this.type,
      loc,
      msg: this.msg,
      input,
      ...(this.ctx && { ctx: this.ctx }),
      ...(this.documented && { url: DOCUMENTATION + this.type }),
    };
  }
}

export const MISSING = new Problem('missing', 'Field required');
export const NOT_AN_OBJECT = new Problem(
  'model_attributes_type',
  'Input should be a valid dictionary or object to extract fields from',
);
export const NOT_A_STRING = new Problem('string_type', 'Input should be a valid string');
/** A lone surrogate: the old server stored it and failed on every read from then on. */
export const NOT_UNICODE = new Problem(
  'string_unicode',
  'Input should be a valid string, unable to parse raw data as a unicode string',
);
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
/** NaN and the infinities: the old server stored them and failed on every read from then on. */
export const NOT_FINITE = new Problem('finite_number', 'Input should be a finite number');
export const NOT_A_DATETIME = new Problem('datetime_type', 'Input should be a valid datetime');

/** `reason` is speedate's, e.g. `input is too short`. */
export function unreadableDatetime(reason: string): Problem {
  return new Problem('datetime_parsing', `Input should be a valid datetime, ${reason}`, { error: reason });
}

/** `values` in the enumeration's order. */
export function notInEnum(values: readonly string[]): Problem {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop() ?? '';
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
  return new Problem('enum', `Input should be ${expected}`, { expected }, false);
}

/** FastAPI's own error for a body that is not JSON. */
export function invalidJson(reason: string): Problem {
  return new Problem('json_invalid', 'JSON decode error', { error: reason }, false);
}
