import { collectionPath } from './resource';
import type { RawRequest } from './raw-message';
import type { WriteRoute } from './write-route';

/** The statuses with which a body is refused, before anything is looked for or changed. */
const REFUSALS: readonly (number | null)[] = [400, 422];
/** Ids are given from 1 upwards. */
const NOBODY = collectionPath(0);

/** True if the owner refused a write for its body, so that the follower can be asked whether it refuses it too. */
export function isRefusedBody(
  { resource, verb, id }: WriteRoute,
  { outcome, status }: { readonly outcome: string; readonly status: number | null },
): boolean {
  return (
    resource === 'collections' &&
    outcome === 'refused' &&
    REFUSALS.includes(status) &&
    (verb === 'create' || (verb === 'replace' && id !== null))
  );
}

/**
 * The same body as a replacement of a row that nobody has: both servers check a body before they look for the row (as
 * FastAPI does), and both routes check the same model. So the answer is that of the write itself if the body is
 * refused, 404 if it is accepted, and nothing changes either way.
 */
export function harmless(request: RawRequest): RawRequest {
  const query = request.target.indexOf('?');
  return { ...request, method: 'PUT', target: NOBODY + (query < 0 ? '' : request.target.slice(query)) };
}
