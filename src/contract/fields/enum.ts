import type { JsonValue } from '../json/value';
import { type Field, fieldDecorator } from './field';
import { NOT_A_STRING, notInEnum, type Problem } from './problem';

export interface EnumFieldOptions {
  /** Taken when the field is absent; null is refused all the same. Without it the field is required. */
  readonly default?: string;
  /** The enumeration's public name in the API's documentation; by default the field's: `waste_type` gives `WasteType`. */
  readonly name?: string;
}

/**
 * A string that is exactly one of the enumeration's values, as pydantic 2.5 reads a `str` enumeration.
 *
 * @param enumObject a TypeScript string enumeration; its order is the order of the error's list
 */
export function EnumField(
  enumObject: Readonly<Record<string, string>>,
  options: EnumFieldOptions = {},
): PropertyDecorator {
  const values = Object.values(enumObject);
  if (options.default !== undefined && !values.includes(options.default)) {
    throw new TypeError(`The default '${options.default}' is none of ${values.join(', ')}`);
  }
  return fieldDecorator((name) => enumField(name, values, options));
}

function enumField(name: string, values: readonly string[], options: EnumFieldOptions): Field<string> {
  const known = new Set<unknown>(values);
  const refused = notInEnum(values);
  const isMember = (value: unknown): value is string => known.has(value);
  return {
    description: {
      name,
      kind: 'enum',
      optional: options.default !== undefined,
      ...(options.default !== undefined && { default: options.default }),
      enum: { name: options.name ?? pascalCase(name), values },
    },
    read: (input: JsonValue): string | Problem => {
      if (typeof input !== 'string') return NOT_A_STRING;
      return isMember(input) ? input : refused;
    },
    readOrdinary: (input) => (isMember(input) ? input : undefined),
    holds: isMember,
  };
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
