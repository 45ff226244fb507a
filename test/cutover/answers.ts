import type { HeaderPair, RecordedRequest } from '../../src/recordings/exchange';
import type { RawResponse } from '../../src/recordings/raw-response';
import type { AnsweredPair } from '../../src/cutover/comparison/exchange-observer';

/** A JSON answer as either side sends it, or one with other headers. */
export function answer(status: number, body: string, headers?: HeaderPair[]): RawResponse {
  const bytes = Buffer.from(body, 'utf8');
  const length: HeaderPair = ['content-length', String(bytes.length)];
  return {
    status,
    headers: [...(headers ?? [['content-type', 'application/json']]), length],
    body: bytes,
    complete: true,
  };
}

/** What the old side answers when it crashes. */
export function crash(): RawResponse {
  return answer(500, 'Internal Server Error', [['content-type', 'text/plain; charset=utf-8']]);
}

/** The new side's 422 with these errors: an object each, written as text. */
export function refusal(...errors: readonly string[]): RawResponse {
  return answer(422, `{"detail":[${errors.join(',')}]}`);
}

/** A request without a body, or with one of JSON. */
export function request(method: string, target: string, body: string | null = null): RecordedRequest {
  return { method, target, headers: body === null ? [] : [['content-type', 'application/json']], body };
}

/** A pair of answers to one request. */
export function pair(asked: RecordedRequest, blue: RawResponse, green: RawResponse): AnsweredPair {
  return { route: asked.target, request: asked, blue, green };
}
