import type { HttpException } from '@nestjs/common';
import type { SQL } from 'drizzle-orm';
import { REMOVED } from '../collections/collections.controller';
import { notFound } from '../collections/collections.repository';
import { COMPLETION, REMOVE_OR_FIND, REPLACE_OR_FIND } from '../collections/collections.statements';
import { RESOURCES, type Resource } from '../database/resources';
import type { Computed } from '../database/row-statements';

/** What a write does to one row. */
export type RowWrite =
  /** Without an id it takes the next one. */
  | { readonly kind: 'create'; readonly resource: Resource; readonly id: bigint | undefined; readonly model: object }
  /** `find` changes nothing: it tells whether the row is there. */
  | {
      readonly kind: 'replace' | 'remove' | 'find';
      readonly resource: Resource;
      readonly id: bigint;
      readonly model: object | undefined;
    };

/** What came of it. */
export type Outcome =
  | { readonly kind: 'stored'; readonly wire: string }
  | { readonly kind: 'removed' | 'found' | 'absent' }
  /** The database did not store or change the row, and gave no error. */
  | { readonly kind: 'refused' }
  /** The database gave an error that lies in the values. */
  | { readonly kind: 'failed'; readonly error: Error };

/** How a resource is changed, beside being created. */
interface Changes {
  /** Brings back the id and the new text of each row that it has changed, and the id and null of each that was there. */
  readonly replace: SQL;
  /** The same of removed ones, with any text. */
  readonly remove: SQL;
  /** The answer to a removal. */
  readonly removed: Readonly<Record<string, string>>;
  readonly notFound: () => HttpException;
}

interface Written {
  /** What is computed when a row is created. */
  readonly computed?: Computed;
  readonly changes?: Changes;
}

/** Resources of which more is to be known than that they are created. */
export const WRITTEN: Readonly<Partial<Record<Resource, Written>>> = {
  collections: {
    computed: COMPLETION,
    changes: { replace: REPLACE_OR_FIND, remove: REMOVE_OR_FIND, removed: REMOVED, notFound },
  },
};

export interface Operation {
  readonly kind: 'create' | 'replace' | 'remove';
  readonly resource: Resource;
}

const METHODS = { POST: 'create', PUT: 'replace', DELETE: 'remove' } as const;

/** What a route of the contract does, by its method and path; undefined if it writes nothing. */
export function operationOf(route: string): Operation | undefined {
  const [, method, resource, id] = /^(POST|PUT|DELETE) \/api\/(\w+)(\/\{\w+\})?$/.exec(route) ?? [];
  if (method === undefined || resource === undefined || !Object.hasOwn(RESOURCES, resource)) return undefined;
  const operation = { kind: METHODS[method as keyof typeof METHODS], resource: resource as Resource };
  const isCreate = operation.kind === 'create';
  const isKnown = isCreate || WRITTEN[operation.resource]?.changes !== undefined;
  return isKnown && isCreate === (id === undefined) ? operation : undefined;
}
