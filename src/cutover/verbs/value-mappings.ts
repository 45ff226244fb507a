import { Collection } from '../../collections/collection.model';
import { UsageError } from '../../command-line';
import { modelOf } from '../../contract';
import type { ValueMapping } from '../comparison/rules/mapped-values';

/** The values that each enumeration of a collection has, by field. */
const ENUMERATIONS: ReadonlyMap<string, readonly string[]> = new Map(
  modelOf(Collection).fields.flatMap(({ name, enum: values }) => (values === undefined ? [] : [[name, values.values]])),
);

/** The values that the new schema holds in a field; undefined if the field is no enumeration. */
export function valuesOfEnumeration(field: string): readonly string[] | undefined {
  return ENUMERATIONS.get(field);
}

/**
 * Reads what `--map` says, at the import and at the gateway.
 *
 * @param texts `field:from=to` each, such as `waste_type:cardboard=paper`
 * @throws UsageError
 */
export function parseMappings(texts: readonly string[]): ValueMapping[] {
  const mappings = texts.map(parseMapping);
  for (const [index, { field, from }] of mappings.entries()) {
    if (mappings.findIndex((other) => other.field === field && other.from === from) < index) {
      throw new UsageError(`--map ${texts[index] ?? ''}: there is another rule for ${field}:${from}`);
    }
  }
  return mappings;
}

function parseMapping(text: string): ValueMapping {
  const [, field = '', from, to = ''] = /^([^:]+):(.*)=([^=]*)$/s.exec(text) ?? [];
  if (from === undefined) throw new UsageError(`--map ${text} is not of the form field:from=to`);
  const values = valuesOfEnumeration(field);
  if (values === undefined) {
    throw new UsageError(`--map ${text}: ${field} has no fixed values; ${[...ENUMERATIONS.keys()].join(', ')} have`);
  }
  if (!values.includes(to)) throw new UsageError(`--map ${text}: ${field} is one of ${values.join(', ')}`);
  if (values.includes(from)) throw new UsageError(`--map ${text}: ${from} is a ${field} that the new API keeps`);
  return { field: field as ValueMapping['field'], from, to };
}
