import type { ServerResponse } from 'node:http';

/** So many requests of a connection may be read ahead of their turn, and those that come in one piece with them. */
const AHEAD = 16;

/** Node does not document it: tells it of bytes that wait on a connection, beyond a limit of which it reads no more. */
interface Waiting {
  readonly _onPendingData: (bytes: number) => void;
}

/**
 * Counts a request as read ahead of its turn. Node stops reading its connection once there are more than AHEAD, as the old
 * server did at the first; what was read in one piece with them is still parsed.
 */
export function countAhead(response: ServerResponse): void {
  (response as unknown as Waiting)._onPendingData(response.writableHighWaterMark / AHEAD);
}

/** Its turn has come. */
export function uncountAhead(response: ServerResponse): void {
  (response as unknown as Waiting)._onPendingData(-response.writableHighWaterMark / AHEAD);
}
