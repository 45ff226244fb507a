/** A parameter of a statement; a list is an array of PostgreSQL's. */
export type Parameter = Scalar | readonly Scalar[];

/** One value of a parameter. */
export type Scalar = string | number | bigint | null;

const SPECIAL = /["\\]/g;

function elementText(value: Scalar): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return String(value);
  return `"${value.replace(SPECIAL, '\\$&')}"`;
}

/** A parameter in the text form that PostgreSQL reads, whatever its type; null is NULL. */
export function parameterText(value: Parameter): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? `{${value.map(elementText).join(',')}}` : String(value);
}
