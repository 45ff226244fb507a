import { readIntegerPath } from '../../contract/fields/path';
import { readTarget } from '../../contract/http/request-target';
import { RouteTable } from '../../contract/http/route-table';
import type { Resource } from './resource';

export type Verb = 'create' | 'replace' | 'delete';

/** What a request asks for, as far as the order of writes is concerned. */
export interface WriteRoute {
  readonly resource: Resource;
  readonly verb: Verb;
  /** The id in the path; null for a create, and where the path holds none that can exist. */
  readonly id: number | null;
}

/** Where a request goes: the route's template for counters, and the write that it is, if it is one. */
export interface RoutedRequest {
  readonly route: string;
  readonly write: WriteRoute | undefined;
}

const OTHER = '(other)';
const VERBS: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'replace', DELETE: 'delete' };

const table = new RouteTable<Verb>();
for (const [template, methods] of Object.entries({
  '/': [],
  '/health': [],
  '/api/analytics': [],
  '/api/collections': ['POST'],
  '/api/collections/{collection_id}': ['PUT', 'DELETE'],
  '/api/locations': ['POST'],
  '/docs': [],
  '/redoc': [],
  '/openapi.json': [],
})) {
  const route = table.route(template);
  for (const method of methods) route.methods.set(method, VERBS[method] ?? 'create');
}
table.mount('/static');

/**
 * Routes a request as the old server does: the path is decoded first, so `POST /api%2Fcollections` is a write. Whatever
 * changes nothing by the contract (any other method or path) is no write.
 */
export function routeRequest(method: string, target: string): RoutedRequest {
  const path = readTarget(target)?.path;
  const match = path === undefined ? undefined : table.match(path);
  if (match === undefined) return { route: OTHER, write: undefined };
  const { template, methods } = match.route;
  const verb = methods.get(method);
  if (verb === undefined) return { route: template, write: undefined };
  const resource = template.startsWith('/api/locations') ? 'locations' : 'collections';
  return { route: template, write: { resource, verb, id: verb === 'create' ? null : idIn(match.values[0] ?? '') } };
}

/** The id in the path of one row; null where there is none that can exist. */
export function rowIn(target: string): number | null {
  const path = readTarget(target)?.path;
  const match = path === undefined ? undefined : table.match(path);
  return idIn(match?.values[0] ?? '');
}

/** Ids are given from 1 upwards: one beyond the safe integers does not exist. */
function idIn(segment: string): number | null {
  const read = readIntegerPath(segment, 'collection_id');
  if ('error' in read || read.value < 1n || read.value > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return Number(read.value);
}
