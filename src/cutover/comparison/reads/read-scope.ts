import type { Resource } from '../../traffic/resource';
import { rowIn } from '../../traffic/write-route';

/** What of the records an answer depends on: no record, one row, a list row by row, or all rows of a resource together. */
export type ReadScope =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'row'; readonly resource: Resource; readonly id: number }
  | { readonly kind: 'list'; readonly resource: Resource }
  | { readonly kind: 'whole'; readonly resource: Resource };

const NOTHING: ReadScope = { kind: 'nothing' };

/**
 * What a read depends on.
 *
 * @param route the template of its path, as `routeRequest` gives it
 */
export function scopeOf(method: string, route: string, target: string): ReadScope {
  // Both servers answer 405 to every other method here, whatever they hold.
  if (method !== 'GET') return NOTHING;
  switch (route) {
    case '/api/collections':
      return { kind: 'list', resource: 'collections' };
    case '/api/locations':
      return { kind: 'list', resource: 'locations' };
    case '/api/analytics':
      return { kind: 'whole', resource: 'collections' };
    case '/api/collections/{collection_id}': {
      const id = rowIn(target);
      return id === null ? NOTHING : { kind: 'row', resource: 'collections', id };
    }
    default:
      return NOTHING;
  }
}
