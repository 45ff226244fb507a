import { hasLoneSurrogate } from '../json/surrogates';
import type { JsonValue } from '../json/value';
import { type Field, fieldDecorator } from './field';
import { NOT_A_STRING, type Problem, UNANSWERABLE_STRING } from './problem';

/** A required string, taken as it is: not trimmed, of any length. The model holds a `string`. */
export function StringField(): PropertyDecorator {
  return fieldDecorator(stringField);
}

function stringField(name: string): Field<string> {
  return {
    description: { name, kind: 'string', optional: false },
    read: readString,
    readOrdinary: (input) => (isText(input) ? input : undefined),
    holds: isText,
  };
}

function readString(input: JsonValue): string | Problem {
  if (typeof input !== 'string') return NOT_A_STRING;
  return hasLoneSurrogate(input) ? UNANSWERABLE_STRING : input;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !hasLoneSurrogate(value);
}
