import type { EventEmitter } from 'node:events';
import { OutgoingMessage, type Server, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { requestId } from './request-id';

/**
 * Whose step it is: of an answer or, where there is none, of a client's connection. An answer that is still to be begun
 * may know how to fail.
 */
export type Owner = (ServerResponse & { fail?: () => void }) | Duplex;

/** A fault and, where there is one, the id of the request in whose answer it came. */
export interface Fault {
  readonly msg: string;
  readonly requestId?: string;
}

/** Where faults are told of. The application has its logger do it. */
export const faults = { report: ({ msg }: Fault): unknown => process.stderr.write(`${msg}\n`) };

/**
 * Runs a step of the work for one client. What it throws, or rejects with, is that client's fault alone: it is answered 500
 * or, if that is too late, cut off. Whatever runs outside of Nest's handlers, from events, timers and promises, runs through
 * here, since node would take an exception there for one of the whole process. A lint rule sees to it in this folder.
 */
export function guarded(owner: Owner, step: () => unknown): void {
  try {
    const pending = step();
    if (pending instanceof Promise) pending.catch((error: unknown) => fail(owner, error));
  } catch (error) {
    fail(owner, error);
  }
}

/**
 * A guarded step once all that was read from the socket has been parsed. The old server parsed a whole read before it
 * answered, so that malformed bytes behind a request took the place of its answer; what waits for the database is late
 * enough anyway.
 */
export function soon(owner: Owner, step: () => unknown): void {
  setImmediate(guarded, owner, step);
}

/** A guarded step once the sockets have been read: timers run before that, and what has arrived by then counts. */
export function afterReading(owner: Owner, step: () => unknown): void {
  setImmediate(() => soon(owner, step));
}

/** A guarded step in the next tick. */
export function nextTick(owner: Owner, step: () => unknown): void {
  process.nextTick(guarded, owner, step);
}

/** A guarded step after so many milliseconds; it keeps no process alive. */
export function later(owner: Owner, milliseconds: number, step: () => unknown): NodeJS.Timeout {
  return setTimeout(guarded, milliseconds, owner, step).unref();
}

/** A guarded step at the first event of a kind. Gives what to call to hear it no more. */
export function once(owner: Owner, emitter: EventEmitter, event: string, step: () => unknown): () => void {
  const listener = () => guarded(owner, step);
  emitter.once(event, listener);
  return () => emitter.off(event, listener);
}

/** A guarded step at each event of a kind, given its arguments. */
export function whenever(
  owner: Owner,
  emitter: EventEmitter,
  event: string,
  step: (...given: never[]) => unknown,
): void {
  emitter.on(event, (...given) => guarded(owner, () => step(...(given as never[]))));
}

/** A guarded step at each event of a server that brings a client's connection or the answer to it. */
export function whenClient(server: Server, event: string, step: (...given: never[]) => unknown): void {
  server.on(event, (...given: unknown[]) => {
    const owner = given.find((one): one is Owner => one instanceof Duplex || one instanceof OutgoingMessage);
    if (owner !== undefined) guarded(owner, () => step(...(given as never[])));
  });
}

/** A guarded step with what a promise gives; `otherwise` takes what it rejects with. */
export function whenDone<T>(
  owner: Owner,
  promise: Promise<T>,
  step: (result: T) => unknown,
  otherwise: (error: unknown) => unknown,
): void {
  promise.then(
    (result) => guarded(owner, () => step(result)),
    (error: unknown) => guarded(owner, () => otherwise(error)),
  );
}

function fail(owner: Owner, error: unknown): void {
  try {
    const msg = error instanceof Error ? (error.stack ?? error.message) : String(error);
    faults.report('req' in owner ? { msg, requestId: requestId(owner.req) } : { msg });
    if (!('req' in owner)) owner.destroy();
    else if (owner.fail === undefined) owner.req.socket.destroy();
    else owner.fail();
  } catch {
    ('req' in owner ? owner.req.socket : owner).destroy();
  }
}
