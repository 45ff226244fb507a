import type { Exchange, RecordedRequest, RecordedResponse, RequestLine, Sequence } from './exchange';
import { sortedMethods } from './compare';
import { isPage, isStaticFile, maskTimestamp, UNCOMPARED_HEADERS, UNCOMPARED_STATIC_HEADERS } from './masks';
import type { Reset } from './replay';
import { sendRaw, type RawResponse, type Target, type Timeouts } from './raw-http';

/** How a recording is made. */
export interface RecordOptions {
  target: Target;
  timeouts?: Timeouts;
  /** Empties the server's store; called before each sequence. */
  reset?: Reset;
  onProgress?: (sent: number) => void;
}

/**
 * Sends the requests, one after the other, and returns them with this server's answers.
 * @throws UnreachableError, NoAnswerError: an answer that did not come cannot be recorded
 */
export async function record(sequences: readonly Sequence<RequestLine>[], options: RecordOptions): Promise<Exchange[]> {
  const recorded: Exchange[] = [];
  for (const { exchanges } of sequences) {
    await options.reset?.(true);
    for (const { seq, n, request } of exchanges) {
      const answer = await sendRaw(options.target, request, options.timeouts);
      recorded.push({ seq, n, request, response: recordedResponse(request, answer) });
      options.onProgress?.(recorded.length);
    }
  }
  return recorded;
}

/** An answer in the form of the recordings: what is not compared is left out or masked. */
export function recordedResponse(request: RecordedRequest, { status, headers, body }: RawResponse): RecordedResponse {
  const masked = isPage(request, status);
  const uncompared = isStaticFile(request, status) ? UNCOMPARED_STATIC_HEADERS : UNCOMPARED_HEADERS;
  const kept: RecordedResponse['headers'] = [];
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    // Only HEAD has a length that its body does not tell.
    if (key === 'content-length' ? request.method !== 'HEAD' || masked : uncompared.has(key)) continue;
    kept.push([key, key === 'allow' ? sortedMethods(value) : value]);
  }
  if (masked) return { status, headers: kept, body_masked: true };
  return { status, headers: kept, ...recordedBody(body) };
}

// Text that is exactly a health answer, so that no other body is ever changed.
const HEALTH_BODY = /^\{"status":"healthy","timestamp":"[^"]*"\}$/;

function recordedBody(body: Buffer): { body: string } | { body_b64: string } {
  const text = body.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(body)) return { body_b64: body.toString('base64') };
  return { body: (HEALTH_BODY.test(text) ? maskTimestamp(text) : undefined) ?? text };
}
