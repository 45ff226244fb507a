import { getMetadataStorage, ValidateBy } from 'class-validator';
import type { JsonValue } from '../json/value';
import type { Problem } from './problem';

/** What the API's documentation needs to know of a field. */
export interface FieldDescription {
  readonly name: string;
  readonly kind: 'string' | 'integer' | 'float' | 'datetime' | 'enum';
  /** May be absent; then it takes `default`. An integer that is optional may be null too. */
  readonly optional: boolean;
  readonly default?: string | null;
  readonly enum?: { readonly name: string; readonly values: readonly string[] };
}

/** The rules of one field. */
export interface Field<Value = unknown> {
  readonly description: FieldDescription;
  /** The exact rules, as pydantic 2.5's lax mode. */
  readonly read: (input: JsonValue) => Value | Problem;
  /**
   * The same for what clients ordinarily send, as JSON.parse gives it. `undefined` refers the body to `read`; any
   * other result must be the one that `read` gives for the same text.
   */
  readonly readOrdinary: (input: unknown) => Value | undefined;
  /** Whether a model may hold this value. */
  readonly holds: (value: unknown) => boolean;
}

const RULE = 'contractField';

/** Registers a field with class-validator, which thereby can also check models that were built by hand. */
export function fieldDecorator(describe: (name: string) => Field): PropertyDecorator {
  return (prototype, property) => {
    if (typeof property === 'symbol' || property === '__proto__') {
      throw new TypeError(`${String(property)} cannot be a field: give the property an ordinary name`);
    }
    const field = describe(property);
    const validator = {
      validate: (value: unknown) => field.holds(value),
      defaultMessage: () => `${property} must hold a value of kind ${field.description.kind}`,
    };
    ValidateBy({ name: RULE, constraints: [field], validator })(prototype, property);
  };
}

/** The fields of a model in the order of their declaration, those of a base class first. */
export function fieldsOf(type: new () => object): readonly Field[] {
  const rules = getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .filter((metadata) => metadata.name === RULE);
  const fields = new Map<string, Field>();
  for (const owner of baseFirst(type)) {
    for (const rule of rules) {
      if (rule.target === owner) fields.set(rule.propertyName, (rule.constraints as [Field])[0]);
    }
  }
  return [...fields.values()];
}

function baseFirst(type: new () => object): unknown[] {
  const line: unknown[] = [];
  for (let owner: unknown = type; typeof owner === 'function'; owner = Object.getPrototypeOf(owner))
    line.unshift(owner);
  return line;
}
