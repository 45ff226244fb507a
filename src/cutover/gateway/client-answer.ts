import type { ContractResponse } from '../../contract/http/contract-response';
import { simpleCors } from '../../contract/http/cors';
import { isSendableReason, sendableHeaders } from '../sides/request-head';
import type { RawAnswer } from '../traffic/raw-message';

/**
 * Writes a head with exactly these header pairs, but for those of the side's connection; node adds Connection only where the
 * connection ends, and the framing of a body whose length is not known.
 *
 * @returns false if bytes that could not be read have taken the place of the answer
 */
export function writeHead(
  response: ContractResponse,
  status: number,
  reason: string,
  headers: readonly string[],
): boolean {
  response.instead?.();
  if (response.instead !== undefined || response.headersSent || response.destroyed) return false;
  response.sendDate = false;
  if (response.serving.draining) response.shouldKeepAlive = false;
  if (response.shouldKeepAlive) response.removeHeader('connection');
  response.writeHead(status, isSendableReason(reason) ? reason : '', sendableHeaders(headers, true));
  return true;
}

/** Sends a whole answer. */
export function sendAnswer(response: ContractResponse, answer: RawAnswer): void {
  const { status, reason, headers, body, isOwn = false } = answer;
  const { origin = null, cookie = null } = response.req.headers;
  // Without them a browser would hide from its page what went wrong.
  const pairs = isOwn ? [...headers, ...simpleCors({ origin, cookie })] : headers;
  if (writeHead(response, status, reason, pairs)) response.end(body);
}
