import type { RecordedRequest } from '../../recordings/exchange';
import type { RawResponse } from '../../recordings/raw-response';
import type { SideName } from '../traffic/side-name';

/** That a side answered, or failed to: what counters and latencies are made of. */
export interface ObservedAnswer {
  /** The path's template, such as `/api/collections/{collection_id}`; never the raw path. */
  route: string;
  method: string;
  side: SideName;
  /** The status of the answer; null if no whole answer came. */
  status: number | null;
  /** From the sending of the request to the end of the answer. */
  milliseconds: number;
  /** It was asked only to compare its answer with the one that a client got from the other side. */
  sampled?: true;
}

/** One request with the answers of both sides, given in the same state of their records. */
export interface AnsweredPair {
  /** As in {@link ObservedAnswer}. */
  route: string;
  request: RecordedRequest;
  blue: RawResponse;
  green: RawResponse;
  /** Where to look, if the answers are too long to be kept: which row differs first. */
  note?: string;
}

/** Who is told of the answers that pass through. Neither method throws, or may hold an answer up. */
export interface ExchangeObserver {
  /** Told of every answer of either side. */
  onExchange(answer: ObservedAnswer): void;
  /**
   * Told of each read of a client that could be compared.
   *
   * @returns true while its route has had too few comparisons to be judged, so that it should be one
   */
  onRead(method: string, route: string): boolean;
  /** Told of each write, and of each read that was sampled. */
  onPair(pair: AnsweredPair): void;
}

/** Looks away. */
export const NO_OBSERVER: ExchangeObserver = {
  onExchange: () => undefined,
  onRead: () => false,
  onPair: () => undefined,
};
