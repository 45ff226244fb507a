import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { HttpException } from '@nestjs/common';
import { CapturedResponse } from './captured-response';
import type { ContractDispatcher, ContractRequest, NestHandler } from './contract-dispatcher';
import { answerOf } from './exception-answer';
import { guarded } from './guard';
import { readHead } from './request-head';

/** A request that came another way than over a client's connection. */
export interface OriginalRequest {
  readonly method: string;
  /** The target of the request line, as it was sent. */
  readonly target: string;
  /** Names and values in turn, as they were sent: a character a byte. */
  readonly headers: readonly string[];
  /** Without the framing of a chunked one. */
  readonly body: Buffer;
}

/** What the handler of a route is called with. */
export interface Call {
  /** The method and the path of the route: `PUT /api/collections/{collection_id}`. */
  readonly operation: string;
  readonly params: Readonly<Record<string, bigint | string>>;
  /** The validated model, undefined if the route takes none. */
  readonly body: unknown;
}

/**
 * Requests that are read and judged as those of the public port, by the same steps, but whose handlers are not called: who
 * has captured one learns what is to be done, and gives the result.
 */
export class CapturedRequests {
  private readonly dispatcher: ContractDispatcher;

  /**
   * @param make makes a dispatcher with the contract's routes, given the handler for each of them and what is called for
   * pages and files.
   */
  constructor(make: (handler: (operation: string) => NestHandler, elsewhere: NestHandler) => ContractDispatcher) {
    this.dispatcher = make(
      (operation) => (request: ContractRequest, response) => {
        if (response instanceof CapturedResponse)
          response.callWith({ operation, params: request.params ?? {}, body: request.body });
      },
      (_, response) => {
        if (response instanceof CapturedResponse) response.isElsewhere();
      },
    );
  }

  /**
   * Reads a request. Resolves when it is answered, or known what its handler is to do.
   *
   * @param socket the connection by which it came here: its addresses count as the client's.
   */
  capture(original: OriginalRequest, socket: Socket): Promise<CapturedResponse> {
    const request = requestOf(original, socket);
    const response = new CapturedResponse(request);
    const head = readHead(request);
    if (head?.isFramed !== true) response.malformed();
    else guarded(response, () => this.dispatcher.dispatch(request, response, head));
    return response.judged;
  }
}

/** Answers with what an exception says, as the contract's filter does. */
export function answerException(response: CapturedResponse, error: unknown): void {
  if (!(error instanceof HttpException)) {
    response.plain(500, 'Internal Server Error');
    return;
  }
  const { status, body } = answerOf(error);
  response.json(status, body);
}

function requestOf({ method, target, headers, body }: OriginalRequest, socket: Socket): ContractRequest {
  const request = new IncomingMessage(socket);
  request.method = method;
  request.url = target;
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  request.rawHeaders = [...headers];
  // Node makes these of what its parser has counted.
  request.headers = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    request.headers[(headers[index] ?? '').toLowerCase()] ??= headers[index + 1];
  }
  if (body.length > 0) request.push(body);
  request.push(null);
  request.complete = true;
  return request;
}
