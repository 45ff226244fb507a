import { hasLoneSurrogate } from '../json/surrogates';
import type { JsonValue } from '../json/value';
import { type Field, fieldDecorator } from './field';
import { hasSingleUnderscores } from './integer-text';
import { NOT_A_NUMBER, NOT_UNICODE, type Problem, UNANSWERABLE_NUMBER, UNREADABLE_NUMBER } from './problem';

/** A required finite number; also true and false, and strings that spell a number. The model holds a `number`. */
export function FloatField(): PropertyDecorator {
  return fieldDecorator(floatField);
}

function floatField(name: string): Field<number> {
  return {
    description: { name, kind: 'float', optional: false },
    read: readFloat,
    // JSON.parse does not tell the integer -0, which is 0.0, from the float -0.0.
    readOrdinary: (input) => (Number.isFinite(input) && !Object.is(input, -0) ? (input as number) : undefined),
    holds: (value) => Number.isFinite(value),
  };
}

function readFloat(input: JsonValue): number | Problem {
  switch (typeof input) {
    case 'number':
      return finite(input);
    case 'bigint': {
      const value = Number(input);
      return Number.isFinite(value) ? value : NOT_A_NUMBER;
    }
    case 'boolean':
      return Number(input);
    case 'string':
      return hasLoneSurrogate(input) ? NOT_UNICODE : readFloatText(input);
    default:
      return NOT_A_NUMBER;
  }
}

/** As Rust's `str::parse::<f64>`, tried once more without underscores as pydantic 2.5 does. */
function readFloatText(text: string): number | Problem {
  const value =
    parseFloatText(text) ?? (hasSingleUnderscores(text) ? parseFloatText(text.replaceAll('_', '')) : undefined);
  return value === undefined ? UNREADABLE_NUMBER : finite(value);
}

function parseFloatText(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity|nan)$/i.test(text)) return NaN;
  return /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i.test(text) ? Number(text) : undefined;
}

function finite(value: number): number | Problem {
  return Number.isFinite(value) ? value : UNANSWERABLE_NUMBER;
}
