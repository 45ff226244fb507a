/** What a side keeps, in the order in which it is read. */
export const RESOURCES = ['collections', 'locations'] as const;
export type Resource = (typeof RESOURCES)[number];

/** The path of a resource's list. */
export function listPath(resource: Resource): string {
  return `/api/${resource}`;
}

/** The path of one collection; a single location has none. */
export function collectionPath(id: number | bigint): string {
  return `${listPath('collections')}/${id}`;
}

/** `1 row`, `12 rows`. */
export function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

export function isResource(name: string): name is Resource {
  return (RESOURCES as readonly string[]).includes(name);
}
