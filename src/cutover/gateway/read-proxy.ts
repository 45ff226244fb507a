import type { IncomingMessage } from 'node:http';
import type { ContractResponse } from '../../contract/http/contract-response';
import { once } from '../../contract/http/guard';
import type { ExchangeObserver } from '../comparison/exchange-observer';
import type { ReadSample } from '../comparison/reads/read-sampler';
import type { Framing } from '../sides/request-head';
import type { Side } from '../sides/side';
import { ownAnswer, UNREADABLE } from '../traffic/own-answers';
import type { RawRequest } from '../traffic/raw-message';
import { sendAnswer } from './client-answer';
import { Relay } from './relay';
import { RelayWatch } from './relay-watch';

/** A read on its way: where it goes, and where else if that side does not answer. */
export interface PassedRead {
  readonly request: Omit<RawRequest, 'body'>;
  readonly route: string;
  readonly side: Side;
  /** The owner, where another side was chosen: it answers what that side does not begin to answer, or fails to. */
  readonly otherwise: Side | undefined;
  /** Looks at the answer of that side while it goes by, to compare it. */
  readonly sample: ReadSample | undefined;
}

export interface ReadLimits {
  /** Milliseconds in which a client has to take some bytes of its answer. */
  readonly requestTimeout: number;
  /** Clients that may be slower than their side at once, each with a connection to it of its own. */
  readonly slowReaders: number;
}

/**
 * Milliseconds that a side which could be replaced has to begin its answer. Green begins in a few; a long list, whose length it
 * measures first, took it 0.1 to 0.7 s with 200,000 rows on a machine with seven times more work than processors.
 */
const REPLACED_AFTER = 2000;

const BAD_GATEWAY = ownAnswer(502, 'Bad Gateway');
const GATEWAY_TIMEOUT = ownAnswer(504, 'Gateway Timeout');

/** Passes requests that change nothing to a side, and its answer back, as streams. */
export class ReadProxy {
  private readonly watch: RelayWatch;

  constructor(
    private readonly observer: ExchangeObserver,
    private readonly limits: ReadLimits,
  ) {
    this.watch = new RelayWatch(limits.slowReaders);
  }

  pass(incoming: IncomingMessage, response: ContractResponse, read: PassedRead): void {
    this.attempt(incoming, response, read, true);
  }

  private attempt(incoming: IncomingMessage, response: ContractResponse, read: PassedRead, first: boolean): void {
    const { request, route, side } = read;
    const framing = framingOf(incoming);
    // A body is sent once only, and then the request cannot be tried again.
    const isBodyless = framing === 0;
    const otherwise = isBodyless ? read.otherwise : undefined;
    const outgoing = side.open(request, framing);
    if (outgoing === undefined) {
      sendAnswer(response, UNREADABLE);
      return;
    }
    const started = performance.now();
    const observe = (status: number | null) => {
      const milliseconds = performance.now() - started;
      this.observer.onExchange({ route, method: request.method, side: side.name, status, milliseconds });
    };
    const relay = new Relay(outgoing, response, {
      begins: otherwise === undefined ? side.firstByte : Math.min(side.firstByte, REPLACED_AFTER),
      silence: side.timeout,
      unread: this.limits.requestTimeout,
      isReplaceable: otherwise !== undefined,
      onBegin: (answer) => read.sample?.onAnswer(answer),
      observe,
      onFailure: (failure) => {
        if (failure === 'stale' && isBodyless && first) {
          this.attempt(incoming, response, read, false);
          return;
        }
        observe(null);
        if (otherwise !== undefined) {
          const instead = { ...read, side: otherwise, otherwise: undefined, sample: undefined };
          this.attempt(incoming, response, instead, true);
        } else sendAnswer(response, failure === 'late' ? GATEWAY_TIMEOUT : BAD_GATEWAY);
      },
    });
    this.watch.add(relay);
    if (isBodyless) {
      incoming.resume();
      outgoing.end();
      return;
    }
    incoming.pipe(outgoing);
    // An answer may come before all of the body has: the rest is read past.
    once(response, outgoing, 'close', () => {
      incoming.unpipe(outgoing);
      incoming.resume();
    });
  }

  /** No more reads are watched. */
  close(): void {
    this.watch.close();
  }
}

/** The framing of the body that the head announces. */
export function framingOf({ headers }: IncomingMessage): Framing {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : 'chunked';
}
