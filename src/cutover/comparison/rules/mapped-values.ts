import { pointOf } from '../../../divergences';
import { differsOnlyIn, type DifferingPair, type ReviewedRule } from './reviewed-rule';

/** A value of the old side that the import replaced: `{ field: 'waste_type', from: 'cardboard', to: 'paper' }`. */
export interface ValueMapping {
  field: 'waste_type' | 'unit' | 'status';
  from: string;
  to: string;
}

const RECORDS = /^\/api\/collections(?:\/[^/]+)?$/;

interface Analytics {
  total_collections: number;
  pending_collections: number;
  completed_collections: number;
  waste_by_type: Record<string, number>;
}

/**
 * Records whose values the import replaced. The old side's records, with the values replaced in their text, must be the
 * new side's byte for byte. Of the analytics, what does not depend on a replaced value must be equal, and sums that were
 * put together must agree but for the rounding of another order of additions.
 */
export function mappedValuesRule(mappings: readonly ValueMapping[]): ReviewedRule {
  return {
    name: 'mapped-values',
    point: pointOf('enumerations'),
    sentence: 'Values that are no words of the enumerations were replaced by the import, as the operator said.',
    explains: (pair) => {
      if (pair.request.method !== 'GET' || pair.blue.status !== 200 || pair.green.status !== 200) return false;
      if (!differsOnlyIn(pair, 'body')) return false;
      if (RECORDS.test(pair.path)) return hasMappedRecords(pair, mappings);
      return pair.path === '/api/analytics' && hasMappedSums(pair, mappings);
    },
  };
}

function hasMappedRecords({ blue, green }: DifferingPair, mappings: readonly ValueMapping[]): boolean {
  return withMappedValues(blue.body, mappings).equals(green.body);
}

/** Rows of the old side with the values that the import gave them. */
export function withMappedValues(rows: Buffer, mappings: readonly ValueMapping[]): Buffer {
  let text = rows.toString('utf8');
  for (const { field, from, to } of mappings) {
    // A quote cannot stand unescaped inside a text, so this is always the field itself.
    text = text.replaceAll(`"${field}":${JSON.stringify(from)}`, `"${field}":${JSON.stringify(to)}`);
  }
  return Buffer.from(text, 'utf8');
}

function hasMappedSums({ blue, green }: DifferingPair, mappings: readonly ValueMapping[]): boolean {
  const [old, now] = [blue, green].map(({ body }) => JSON.parse(body.toString('utf8')) as Analytics);
  if (old === undefined || now === undefined || old.total_collections !== now.total_collections) return false;
  const counted = mappings.some(({ field }) => field === 'status');
  if (!counted && old.pending_collections !== now.pending_collections) return false;
  if (!counted && old.completed_collections !== now.completed_collections) return false;
  const target = new Map(mappings.flatMap(({ field, from, to }) => (field === 'waste_type' ? [[from, to]] : [])));
  const expected = new Map<string, number>();
  for (const [type, sum] of Object.entries(old.waste_by_type)) {
    const name = target.get(type) ?? type;
    expected.set(name, (expected.get(name) ?? 0) + sum);
  }
  const merged = new Set(target.values());
  const sums = Object.entries(now.waste_by_type);
  return sums.length === expected.size && sums.every(([type, sum]) => isSum(sum, expected.get(type), merged.has(type)));
}

function isSum(sum: number, expected: number | undefined, merged: boolean): boolean {
  if (expected === undefined) return false;
  return sum === expected || (merged && Math.abs(sum - expected) <= 1e-9 * Math.max(Math.abs(sum), Math.abs(expected)));
}
