import type { JsonObject } from '../../../contract/json/value';
import type { ValueMapping } from '../../comparison/rules/mapped-values';

interface Rule {
  /** As the operator wrote it. */
  readonly text: string;
  readonly to: string;
}

/**
 * The operator's decisions about values of enumerations that the new schema does not have: the deployed old API takes any
 * string. Values that it does have are never changed.
 */
export class ValueMap {
  private readonly rules = new Map<string, Map<string, Rule>>();
  private readonly counts = new Map<string, number>();

  constructor(mappings: readonly ValueMapping[]) {
    for (const { field, from, to } of mappings) {
      const text = `${field}:${from}=${to}`;
      const rules = this.rules.get(field) ?? new Map<string, Rule>();
      this.rules.set(field, rules.set(from, { text, to }));
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
