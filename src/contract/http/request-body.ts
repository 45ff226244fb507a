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
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      reject(new BodyTooLarge());
      return;
    }
    // A body that came with its head has been parsed by the next tick: it is taken whole, without a stream's events.
    process.nextTick(() => {
      if (!request.complete || request.destroyed) {
        collect(request, limit, resolve, reject);
        return;
      }
      const body = (request.read() as Buffer | null) ?? EMPTY;
      if (body.length > limit) reject(new BodyTooLarge());
      else resolve(body);
    });
  });
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
