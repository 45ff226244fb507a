import { Collection } from '../../../collections/collection.model';
import { modelOf } from '../../../contract';
import type { JsonObject } from '../../../contract/json/value';
import { UsageError } from '../../../command-line';

interface Rule {
  /** As the operator wrote it. */
  readonly text: string;
  readonly from: string;
  readonly to: string;
}

/** The values that each enumeration of a collection has, by field. */
const ENUMERATIONS: ReadonlyMap<string, readonly string[]> = new Map(
  modelOf(Collection).fields.flatMap(({ name, enum: values }) => (values === undefined ? [] : [[name, values.values]])),
);

/** The values that the new schema holds in a field; undefined if the field is no enumeration. */
export function valuesOfEnumeration(field: string): readonly string[] | undefined {
  return ENUMERATIONS.get(field);
}

/**
 * The operator's decisions about values of enumerations that the new schema does not have: the deployed old API takes any
 * string. Values that it does have are never changed.
 */
export class ValueMap {
  private readonly rules = new Map<string, Map<string, Rule>>();
  private readonly counts = new Map<string, number>();

  /**
   * @param texts `field:from=to` each, such as `waste_type:cardboard=paper`
   * @throws UsageError
   */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const [, field = '', from, to = ''] = /^([^:]+):(.*)=([^=]*)$/s.exec(text) ?? [];
      if (from === undefined) throw new UsageError(`--map ${text} is not of the form field:from=to`);
      const values = valuesOfEnumeration(field);
      if (values === undefined) {
        throw new UsageError(
          `--map ${text}: ${field} has no fixed values; ${[...ENUMERATIONS.keys()].join(', ')} have`,
        );
      }
      if (!values.includes(to)) throw new UsageError(`--map ${text}: ${field} is one of ${values.join(', ')}`);
      if (values.includes(from)) throw new UsageError(`--map ${text}: ${from} is a ${field} that the new API keeps`);
      const rules = this.rules.get(field) ?? new Map<string, Rule>();
      if (rules.has(from)) throw new UsageError(`--map ${text}: there is another rule for ${field}:${from}`);
      this.rules.set(field, rules.set(from, { text, from, to }));
      this.counts.set(text, 0);
    }
  }

  /** How many rows each rule has changed so far, by its text. */
  get used(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }

  /** Changes the values of a collection that have a rule. @returns whether there was one */
  apply(row: JsonObject): boolean {
    let changed = false;
    for (const [field, rules] of this.rules) {
      const value = row.get(field);
      const rule = typeof value === 'string' ? rules.get(value) : undefined;
      if (rule === undefined) continue;
      row.set(field, rule.to);
      this.counts.set(rule.text, (this.counts.get(rule.text) ?? 0) + 1);
      changed = true;
    }
    return changed;
  }
}
