import type { Exchange, RequestLine } from './exchange';

/** A recording that cannot be read; the message says where and why. */
export class RecordingFormatError extends Error {
  override name = 'RecordingFormatError';
}

type JsonObject = Record<string, unknown>;

/** @throws RecordingFormatError unless the value is a recorded exchange */
export function checkExchange(line: unknown): Exchange {
  const exchange = checkRequestLine(line);
  demand(exchange.response !== undefined, '"response" is missing: only requests were recorded');
  return exchange as Exchange;
}

/** @throws RecordingFormatError unless the value has seq, n and request; a response must be well formed if present */
export function checkRequestLine(line: unknown): RequestLine & Partial<Exchange> {
  const exchange = object(line, 'the line');
  demand(typeof exchange.seq === 'string' && exchange.seq !== '', '"seq" must be a string such as "crud/life"');
  demand(Number.isInteger(exchange.n), '"n" must be an integer');
  checkRequest(object(exchange.request, '"request"'));
  if (exchange.response !== undefined) checkResponse(object(exchange.response, '"response"'));
  return exchange as unknown as RequestLine & Partial<Exchange>;
}

function checkRequest(request: JsonObject): void {
  demand(isBytes(request.method), '"request.method" must be a latin-1 string');
  demand(isBytes(request.target), '"request.target" must be a latin-1 string');
  checkHeaders(request.headers, '"request.headers"', (value) => value === null || isBytes(value));
  checkBody(request, '"request.body"');
}

function checkResponse(response: JsonObject): void {
  demand(Number.isInteger(response.status), '"response.status" must be an integer');
  checkHeaders(response.headers, '"response.headers"', isBytes);
  checkBody(response, '"response.body"');
}

function checkHeaders(headers: unknown, name: string, isValue: (value: unknown) => boolean): void {
  const wellFormed =
    Array.isArray(headers) &&
    headers.every((pair) => Array.isArray(pair) && pair.length === 2 && isBytes(pair[0]) && isValue(pair[1]));
  demand(wellFormed, `${name} must be a list of [name, value] pairs of latin-1 strings`);
}

function checkBody(message: JsonObject, name: string): void {
  const { body, body_b64: bytes } = message;
  demand(body === undefined || body === null || typeof body === 'string', `${name} must be a string or null`);
  demand(bytes === undefined || typeof bytes === 'string', `${name}_b64 must be a string of base64`);
}

function object(value: unknown, name: string): JsonObject {
  demand(typeof value === 'object' && value !== null && !Array.isArray(value), `${name} must be an object`);
  return value as JsonObject;
}

/** One character a byte: a character above U+00FF cannot be sent. */
function isBytes(value: unknown): value is string {
  return typeof value === 'string' && !/[^\u0000-\u00ff]/.test(value);
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new RecordingFormatError(message);
}
