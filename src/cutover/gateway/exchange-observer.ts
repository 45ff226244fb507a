import type { RecordedRequest } from '../../recordings/exchange';
import type { RawResponse } from '../../recordings/raw-http';
import type { PhaseName } from '../phase/phase';
import type { SideName } from '../side-name';
import { pairsOf, type RawAnswer, type RawRequest } from './raw-message';

/** One request that a side got, whoever waited for the answer. */
export interface ObservedExchange {
  /** The route's template, such as `/api/collections/{collection_id}`; `(other)` for what the contract does not know. */
  readonly route: string;
  readonly method: string;
  readonly side: SideName;
  /** `client`: its answer went to a client; `follower`: a write that follows; `sample`: a read for comparison. */
  readonly purpose: 'client' | 'follower' | 'sample';
  /** Null if no answer came. */
  readonly status: number | null;
  /** From the sending to the end of the answer. */
  readonly milliseconds: number;
}

/** One request and what both sides answered, in the same state. */
export interface ObservedPair {
  readonly route: string;
  readonly phase: PhaseName;
  /** Of a write its place; of a read the last place before it. */
  readonly place: number;
  readonly request: RecordedRequest;
  readonly blue: RawResponse;
  readonly green: RawResponse;
}

/** Is told what passes through the gateway; must not throw, and is not waited for. */
export interface ExchangeObserver {
  onExchange(exchange: ObservedExchange): void;
  onPair(pair: ObservedPair): void;
}

/** Looks away. */
export const NO_OBSERVER: ExchangeObserver = { onExchange: () => undefined, onPair: () => undefined };

/** A request in the form of a recording, so that it can be replayed. */
export function recordedRequest({ method, target, headers, body }: RawRequest): RecordedRequest {
  return { method, target, headers: pairsOf(headers), ...(body.length > 0 && { body_b64: body.toString('base64') }) };
}

/** An answer in the form that recordings are compared with. */
export function rawResponse({ status, headers, body }: RawAnswer): RawResponse {
  return { status, headers: pairsOf(headers), body, complete: true };
}
