import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { BodyAborted, BodyTooLarge } from '../contract/http/body-errors';
import { DatabaseUnavailableError, OutcomeUnknownError } from '../database/database-errors';
import type { Answer } from './answers';
import type { BatchResult, Entry } from './batches';
import { frame, FrameError } from './frames';
import { FollowRefusal, TooManyMessages } from './refusal';

const log = new Logger('Follow');

/** Seconds after which something may be asked again. */
const RETRY_AFTER = '1';

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Answers with frames. @param patience milliseconds that they may be left unread; then the connection is cut. */
export function answerFrames(response: ServerResponse, pieces: readonly Buffer[], patience: number): void {
  const bytes = Buffer.concat(pieces);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length });
  response.setTimeout(patience, () => response.destroy());
  response.end(bytes);
}

/**
 * Answers with pieces as they come. The connection is cut, so that what came is not taken for the whole, if they fail after
 * the first, or one of them is left unread for too long.
 *
 * @param patience milliseconds. @throws what the pieces fail with before the first of them
 */
export async function streamFrames(
  response: ServerResponse,
  pieces: AsyncGenerator<Buffer>,
  patience: number,
): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/octet-stream' });
      if (!response.write(piece)) await drained(response, patience);
    }
    response.end();
    // What lies in this machine's buffers does not wait for ever either.
    response.setTimeout(patience, () => response.destroy());
  } catch (error) {
    if (!response.headersSent) throw error;
    if (!response.destroyed)
      log.warn(`A snapshot was cut off: ${error instanceof Error ? error.message : String(error)}`);
    response.destroy();
  }
}

async function drained(response: ServerResponse, patience: number): Promise<void> {
  // Nobody will say so any more.
  if (response.destroyed) return;
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, patience);
  response.once('close', stop);
  try {
    await once(response, 'drain', { signal: limit.signal });
  } catch (error) {
    throw new Error(`a piece was left unread for ${patience} ms, or the client has gone`, { cause: error });
  } finally {
    clearTimeout(timer);
    response.off('close', stop);
  }
}

/** What came of a batch: a frame about all of it, and one for each place. */
export function batchFrames({ place, entries, conflict }: BatchResult): Buffer[] {
  const evidence = conflict && { place: conflict.place, resource: conflict.resource, id: String(conflict.id) };
  return [...frame({ place, conflict: evidence }), ...entries.flatMap(entryFrame)];
}

/** Answers that were kept, by their places. */
export function keptFrames(answers: ReadonlyMap<number, Answer>): Buffer[] {
  return [...answers].flatMap(([place, { status, headers, body }]) => frame({ place, status, headers }, body));
}

function entryFrame(entry: Entry): Buffer[] {
  const { place, kind } = entry;
  const again = entry.again ? { again: true } : {};
  if (entry.kind !== 'answered') return frame({ place, [kind]: true, ...again });
  const { status, headers, body } = entry.answer;
  return frame({ place, status, headers, ...again }, body);
}

/**
 * Answers with why something was not done, or not known to be.
 *
 * @param placeNow tells how far the database is, if it can be asked.
 */
export async function answerFailure(
  response: ServerResponse,
  error: unknown,
  placeNow: () => Promise<object>,
): Promise<void> {
  if (error instanceof BodyAborted) response.destroy();
  else if (error instanceof FrameError) answerJson(response, 400, { error: error.message });
  else if (error instanceof BodyTooLarge) answerJson(response, 413, { error: 'The message is too large' });
  else if (error instanceof FollowRefusal) {
    answerJson(response, 409, { error: error.message, reason: error.reason, ...error.facts });
  } else if (error instanceof TooManyMessages) {
    response.setHeader('retry-after', RETRY_AFTER);
    answerJson(response, 503, { error: error.message, reason: 'busy' });
  } else if (error instanceof DatabaseUnavailableError) {
    response.setHeader('retry-after', RETRY_AFTER);
    answerJson(response, 503, { error: error.message, reason: 'unavailable', ...(await placeNow()) });
  } else if (error instanceof OutcomeUnknownError) {
    answerJson(response, 504, { error: error.message, reason: 'unknown', ...(await placeNow()) });
  } else {
    log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    answerJson(response, 500, { error: 'This server is at fault: its log has the reason' });
  }
}
