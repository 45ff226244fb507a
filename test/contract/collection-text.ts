/** A collection's JSON text, some fields of it replaced by other JSON text. */
export function collection(fields: Readonly<Record<string, string>> = {}): string {
  const defaults = { location: '"Depot"', waste_type: '"paper"', quantity: '1.5', unit: '"kg"' };
  const all = { ...defaults, collected_date: '"2024-01-15T10:30:00"', ...fields };
  const members = Object.entries(all).map(([name, text]) => `"${name}":${text}`);
  return `{${members.join(',')}}`;
}
