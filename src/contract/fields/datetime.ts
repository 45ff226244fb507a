import { hasLoneSurrogate } from '../json/surrogates';
import type { JsonValue } from '../json/value';
import { ContractDatetime } from './contract-datetime';
import { isDayOfMonth, readDatetimeText } from './datetime-text';
import { type Field, fieldDecorator } from './field';
import { NOT_A_DATETIME, NOT_UNICODE, type Problem } from './problem';
import { readUnixNumber, readUnixText } from './unix-time';

/** A required date and time; also a unix time, as a number or a string. The model holds a `ContractDatetime`. */
export function DatetimeField(): PropertyDecorator {
  return fieldDecorator(datetimeField);
}

function datetimeField(name: string): Field<ContractDatetime> {
  return {
    description: { name, kind: 'datetime', optional: false },
    read: readDatetime,
    readOrdinary: readOrdinaryDatetime,
    holds: (value) => value instanceof ContractDatetime,
  };
}

function readDatetime(input: JsonValue): ContractDatetime | Problem {
  switch (typeof input) {
    case 'string': {
      if (hasLoneSurrogate(input)) return NOT_UNICODE;
      const datetime = readDatetimeText(input);
      // A string that is no date may be a unix time; if it is not even that, the first finding stands.
      return datetime instanceof ContractDatetime ? datetime : (readUnixText(input) ?? datetime);
    }
    case 'number':
    case 'bigint':
      return readUnixNumber(input);
    default:
      return NOT_A_DATETIME;
  }
}

const ORDINARY =
  /^([0-9]{4})-(0[1-9]|1[0-2])-([0-3][0-9])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.([0-9]+))?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?$/;
const SECONDS_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length;

function readOrdinaryDatetime(input: unknown): ContractDatetime | undefined {
  if (typeof input !== 'string') return undefined;
  const match = ORDINARY.exec(input);
  if (match === null) return undefined;
  const [, year, month, day, fraction, sign, hours, minutes] = match;
  if (year === '0000' || !isDayOfMonth(Number(year), Number(month), Number(day))) return undefined;
  if (input.length === SECONDS_LENGTH) return new ContractDatetime(input, null);
  const seconds = input.slice(0, SECONDS_LENGTH);
  if (sign === undefined) return ContractDatetime.of(seconds, fraction ?? '', input.endsWith('Z') ? 0 : null);
  const offset = Number(hours) * 60 + Number(minutes);
  // Not -0, which is another value to a strict comparison.
  return ContractDatetime.of(seconds, fraction ?? '', sign === '-' && offset !== 0 ? -offset : offset);
}
