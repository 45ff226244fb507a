import type { IncomingMessage } from 'node:http';

/** The client sent more than the limit allows. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The client went away before the body was complete: there is nobody to answer. */
export class BodyAborted extends Error {
  override readonly name = 'BodyAborted';
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads the whole body, with Content-Length or chunked.
 *
 * @param limit most bytes to take.
 * @throws BodyTooLarge as soon as the limit is known to be passed, BodyAborted if the client went away.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const declared = Number(request.headers['content-length'] ?? NaN);
    if (declared > limit) {
      reject(new BodyTooLarge());
      return;
    }
    // A body that came with its head has been read by the next tick: it is taken whole, without a stream's events.
    process.nextTick(() => {
      if (request.destroyed || !(request.complete || request.readableLength === declared)) {
        collect(request, limit, resolve, reject);
        return;
      }
      const body = (request.read() as Buffer | null) ?? EMPTY;
      if (body.length > limit) reject(new BodyTooLarge());
      else resolve(body);
    });
  });
}

/** Marks a request that has no body as read: node would else let it flow to its end once it is answered. */
export function skipBody(request: IncomingMessage): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) request.read();
}

function collect(
  request: IncomingMessage,
  limit: number,
  resolve: (body: Buffer) => void,
  reject: (error: BodyTooLarge | BodyAborted) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > limit) {
      request.removeAllListeners('data');
      reject(new BodyTooLarge());
      return;
    }
    chunks.push(chunk);
  });
  request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, length)));
  request.on('error', () => reject(new BodyAborted()));
  request.on('close', () => {
    if (!request.complete) reject(new BodyAborted());
  });
}
