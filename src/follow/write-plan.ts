import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { answerException, type CapturedRequests, type CapturedResponse } from '../contract';
import { notFound } from '../collections/collections.repository';
import type { Resource } from '../database/resources';
import type { Write } from './batch';
import { FrameError } from './frames';
import { operationOf, type RowWrite } from './row-writes';

/** What is to be done for one place. */
export interface Plan {
  readonly write: Write;
  /** Its answer, perhaps still to be given; undefined for a place without effect. */
  readonly response: CapturedResponse | undefined;
  /** What is to be done to a row; undefined if it is answered already. */
  readonly row: RowWrite | undefined;
}

/** Writes that are judged before the event loop looks after others again. */
const AT_ONCE = 16;

/**
 * Judges writes by the contract, as the public port does, without touching the database.
 *
 * @throws FrameError if one of them is no write, or has an id that none was given.
 */
export async function planWrites(
  writes: readonly Write[],
  requests: CapturedRequests,
  socket: Socket,
): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (let at = 0; at < writes.length; at += AT_ONCE) {
    if (at > 0) await nextTurn();
    const some = writes.slice(at, at + AT_ONCE);
    plans.push(...(await Promise.all(some.map((write) => planWrite(write, requests, socket)))));
  }
  return plans;
}

async function planWrite(write: Write, requests: CapturedRequests, socket: Socket): Promise<Plan> {
  const { request, place, id, refused } = write;
  if (request === undefined) return { write, response: undefined, row: undefined };
  const response = await requests.capture(request, socket);
  const { call } = response;
  if (call === undefined) {
    if (response.elsewhere) throw notWritten(place, `${request.method} ${request.target}`);
    return { write, response, row: undefined };
  }
  const operation = operationOf(call.operation);
  if (operation === undefined) throw notWritten(place, call.operation);
  const { resource, kind } = operation;
  if (kind === 'create') {
    // What the owner refused has no id, and is not to get one.
    if (refused) return { write, response, row: undefined };
    return { write, response, row: { kind, resource, id, model: call.body as object } };
  }
  if (id !== undefined) throw new FrameError(`Place ${place} creates nothing, and has an id`);
  return planChange(write, response, { kind: refused ? 'find' : kind, resource, id: idOf(call.params) }, call.body);
}

function planChange(
  write: Write,
  response: CapturedResponse,
  { kind, resource, id }: { kind: 'replace' | 'remove' | 'find'; resource: Resource; id: bigint },
  model: unknown,
): Plan {
  // No row can have it, so that it is not found without asking.
  if (BigInt.asIntN(64, id) !== id) {
    answerException(response, notFound());
    return { write, response, row: undefined };
  }
  return { write, response, row: { kind, resource, id, model: model as object | undefined } };
}

function idOf(params: Readonly<Record<string, bigint | string>>): bigint {
  const [id] = Object.values(params);
  if (typeof id !== 'bigint') throw new Error('The route of a change has no id');
  return id;
}

function notWritten(place: number, what: string): FrameError {
  return new FrameError(`Place ${place} is ${what}, which writes nothing`);
}
