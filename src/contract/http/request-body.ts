import { constants } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { BodyCollector } from './body-collector';
import { BodyTooLarge } from './body-errors';
import type { ClaimRoom } from './body-room';
import { nextTick } from './guard';

const EMPTY = Buffer.alloc(0);

/**
 * Reads the whole body, with Content-Length or chunked.
 *
 * @param limit most bytes to take; what cannot become a text is too large in any case.
 * @param claimRoom claims room for all but small bodies; without it there is room for all.
 * @param onFlood told when the body comes in very many pieces.
 * @throws BodyTooLarge as soon as the limit is known to be passed, BodyAborted if the rest will not come, BodyRefused if
 *   there was no room.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  claimRoom?: ClaimRoom,
  onFlood?: () => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const most = Math.min(limit, constants.MAX_STRING_LENGTH);
    const declared = Number(request.headers['content-length'] ?? NaN);
    if (declared > most) {
      reject(new BodyTooLarge());
      return;
    }
    // A body that came with its head has been read by the next tick: it is taken whole, without a stream's events.
    nextTick(request.socket, () => {
      if (request.destroyed || !(request.complete || request.readableLength === declared)) {
        new BodyCollector(request, most, claimRoom, resolve, reject, onFlood).start(declared);
        return;
      }
      const body = (request.read() as Buffer | null) ?? EMPTY;
      if (body.length > most) reject(new BodyTooLarge());
      else resolve(body);
    });
  });
}

/** Marks a request that has no body as read: node would else let it flow to its end once it is answered. */
export function skipBody(request: IncomingMessage): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) request.read();
}
