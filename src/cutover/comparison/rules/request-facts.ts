import { isUtf8 } from 'node:buffer';
import { JsonSyntaxError, readJson, UnreadableBody } from '../../../contract/json/reader';
import type { JsonValue } from '../../../contract/json/value';
import { bodyOf, type RecordedRequest } from '../../../recordings/exchange';

/**
 * The path a target means: of an absolute form its path, without query and fragment, percent-decoded once, and without
 * the one final line feed that every route of the contract tolerates.
 */
export function decodedPath(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decoded.replace(/\n$/, '');
}

/** True for requests that change nothing. */
export function isRead({ method }: RecordedRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** True for requests that may change something. */
export function isWrite({ method }: RecordedRequest): boolean {
  return method === 'POST' || method === 'PUT' || method === 'DELETE';
}

export function hasHeader({ headers }: RecordedRequest, name: string): boolean {
  return headers.some(([key, value]) => value !== null && key.toLowerCase() === name);
}

/** True if there is a body and it is not UTF-8. */
export function hasUndecodableBody(request: RecordedRequest): boolean {
  const body = bodyOf(request);
  return body !== null && !isUtf8(body);
}

/** True if the body holds a number that is not finite, at any depth. */
export function hasNonFiniteNumber(request: RecordedRequest): boolean {
  return someLeaf(jsonBody(request), (leaf) => typeof leaf === 'number' && !Number.isFinite(leaf));
}

/** True if the body holds half a surrogate pair in a text or a key, at any depth. */
export function hasLoneSurrogate(request: RecordedRequest): boolean {
  return someLeaf(jsonBody(request), (leaf) => typeof leaf === 'string' && /\p{Surrogate}/u.test(leaf));
}

/** How many arrays and objects of the body stand within each other; 0 if it is no readable JSON. */
export function nestingOf(request: RecordedRequest): number {
  return levels(jsonBody(request));
}

/** Nothing, if the body is no JSON that the contract's reader takes. */
function jsonBody(request: RecordedRequest): JsonValue {
  const body = bodyOf(request);
  if (body === null) return null;
  try {
    return readJson(body);
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof UnreadableBody) return null;
    throw error;
  }
}

function someLeaf(value: JsonValue, test: (leaf: JsonValue) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => someLeaf(item, test));
  if (!(value instanceof Map)) return false;
  return [...value].some(([key, item]) => test(key) || someLeaf(item, test));
}

function levels(value: JsonValue): number {
  if (!Array.isArray(value) && !(value instanceof Map)) return 0;
  let deepest = 0;
  for (const item of value.values()) deepest = Math.max(deepest, levels(item));
  return deepest + 1;
}
