import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const ids = new WeakMap<IncomingMessage, string>();

/** The id of a request in the logs: its X-Request-Id, or one that is made up when it is first needed. */
export function requestId(request: IncomingMessage): string {
  let id = ids.get(request);
  if (id === undefined) {
    const given = request.headers['x-request-id'];
    id = typeof given === 'string' && given !== '' ? given.slice(0, 200) : randomUUID();
    ids.set(request, id);
  }
  return id;
}

const reasons = new WeakMap<IncomingMessage, string>();

/** Notes why a request will be answered with a failure of the server, for the line that the log has of the answer. */
export function noteReason(request: IncomingMessage, reason: string): void {
  reasons.set(request, reason);
}

/** What was noted. */
export function reasonNoted(request: IncomingMessage): string | undefined {
  return reasons.get(request);
}
