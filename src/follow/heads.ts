import { RESOURCES, type Resource } from '../database/resources';
import { FrameError } from './frames';

/** What others send in JSON: each value is looked at before it is used. */
export type Head = Readonly<Record<string, unknown>>;

/** The next id of resources. */
export type NextIds = Readonly<Partial<Record<Resource, bigint>>>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids go from 1 to the last but one of PostgreSQL's bigint, since behind each there is a next one. */
const LARGEST_ID = 2n ** 63n - 2n;

/** @throws FrameError if it is no JSON object */
export function headOf(value: unknown): Head {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Head;
  throw new FrameError('A JSON object is expected');
}

/** A random id in its usual form. @throws FrameError */
export function uuidIn(head: Head, name: string): string {
  const value = head[name];
  if (typeof value === 'string' && UUID.test(value)) return value;
  throw new FrameError(`"${name}" must be a UUID in lower case`);
}

/** The same, undefined if it is not there, or null. @throws FrameError */
export function optionalUuidIn(head: Head, name: string): string | undefined {
  return head[name] === undefined || head[name] === null ? undefined : uuidIn(head, name);
}

/** A place in a journal, from 1, or 0 before the first. @throws FrameError */
export function placeIn(head: Head, name: string, least = 1): number {
  const value = head[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new FrameError(`"${name}" must be a whole number from ${least}`);
}

/** An id, which is sent as text because JSON's numbers are doubles to many. @throws FrameError */
export function idIn(head: Head, name: string, least = 1n): bigint {
  const value = head[name];
  if (typeof value === 'string' && /^(0|[1-9]\d{0,18})$/.test(value)) {
    const id = BigInt(value);
    if (id >= least && id <= LARGEST_ID) return id;
  }
  throw new FrameError(`"${name}" must be a text with a whole number from ${least} to ${LARGEST_ID}`);
}

/** False if it is not there. @throws FrameError */
export function flagIn(head: Head, name: string): boolean {
  const value = head[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new FrameError(`"${name}" must be true or false`);
}

/** @throws FrameError */
export function resourceIn(head: Head, name: string): Resource {
  const value = head[name];
  if (typeof value === 'string' && Object.hasOwn(RESOURCES, value)) return value as Resource;
  throw new FrameError(`"${name}" must be one of ${Object.keys(RESOURCES).join(', ')}`);
}

/** `{"collections":"7"}`; none if it is not there. @throws FrameError */
export function nextIdsIn(head: Head, name: string): NextIds {
  const ids = headOf(head[name] ?? {});
  const entries = Object.keys(ids).map((key) => [resourceIn({ [name]: key }, name), idIn(ids, key)] as const);
  return Object.fromEntries(entries);
}
