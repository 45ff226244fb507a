import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Connections } from '../../contract/http/connections';
import { ContractResponse, Serving } from '../../contract/http/contract-response';
import { endSoon } from '../../contract/http/end-soon';
import { guarded, once, whenClient, whenever } from '../../contract/http/guard';
import { MalformedRequests } from '../../contract/http/malformed-requests';
import { readHead, type RequestHead } from '../../contract/http/request-head';
import { Turn } from '../../contract/http/turn';

export interface ClientServerOptions {
  /** Largest request head in bytes. */
  readonly headLimit: number;
  /** Milliseconds a client has to send a whole request, and in which it must take some bytes of its answer. */
  readonly requestTimeout: number;
  /** Milliseconds that an idle connection is kept. */
  readonly keepAlive: number;
}

/** A client's request whose turn has come. */
export interface ClientRequest {
  readonly incoming: IncomingMessage;
  readonly response: ContractResponse;
  readonly head: RequestHead;
  /** The client sends its body once it is told to go on. */
  readonly awaitsContinue: boolean;
}

/** How often node looks for requests that take too long, in milliseconds. */
const TIMEOUT_CHECK_INTERVAL = 1000;

/**
 * The server that clients connect to: with the new server's bounds on what one of them may cost the others, and its answers,
 * which are the old server's, to what cannot be read. Requests that come on one connection without waiting are handled one
 * after the other, and only so many are read ahead.
 */
export class ClientServer {
  /** Not listening yet. */
  readonly server: Server;
  private readonly turn = new Turn();
  private readonly serving = new Serving();
  private readonly malformed: MalformedRequests;
  private readonly connections: Connections;

  /** @param handle answers a request. What it throws is answered 500, or cuts that client off */
  constructor(
    { headLimit, requestTimeout, keepAlive }: ClientServerOptions,
    private readonly handle: (request: ClientRequest) => void,
  ) {
    const server = createServer(
      {
        ServerResponse: ContractResponse,
        maxHeaderSize: headLimit,
        requireHostHeader: false,
        requestTimeout,
        headersTimeout: requestTimeout,
        keepAliveTimeout: keepAlive,
        connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL,
        noDelay: true,
      },
      (incoming, response) => this.take(incoming, response),
    );
    // Node drops the headers beyond its count without a word; the head limit is the bound here.
    server.maxHeadersCount = 0;
    // Many a client closes its sending half behind a request, and reads the answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    whenClient(server, 'checkContinue', (incoming: IncomingMessage, response: ContractResponse) =>
      this.take(incoming, response, true),
    );
    // The old server ignored expectations that it did not know.
    whenClient(server, 'checkExpectation', (incoming: IncomingMessage, response: ContractResponse) =>
      this.take(incoming, response),
    );
    whenClient(server, 'connect', (incoming: IncomingMessage, socket: Socket) => this.takeConnect(incoming, socket));
    this.malformed = new MalformedRequests(this.turn, requestTimeout);
    this.connections = new Connections(server, requestTimeout, (socket) =>
      this.malformed.timeOut(this.connections.of(socket)),
    );
    this.malformed.listen(server, this.connections);
    whenClient(server, 'connection', (socket: Socket) =>
      once(socket, socket, 'end', () => {
        // Node remembers by itself that this answer is the last, but forgets it where `connection` is removed from its head.
        const { latest } = this.connections.of(socket);
        if (latest !== undefined && !latest.writableFinished) latest.shouldKeepAlive = false;
      }),
    );
    server.on(
      'close',
      this.connections.watch(() => undefined),
    );
    this.server = server;
  }

  /** From now on every answer ends its connection. Idle ones stay, until a balancer has noticed. */
  drain(): void {
    this.serving.draining = true;
  }

  /** Listens no more, ends the connections on which nothing is asked, and resolves once the others have their answers. */
  async close(): Promise<void> {
    this.drain();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.connections.close();
    await closed;
  }

  /** Cuts every connection, whatever goes on there. */
  cutOff(): void {
    this.connections.cutOff();
  }

  /** A client sends so much at once that the others would wait for it. */
  flooded(): void {
    this.connections.flooded();
  }

  private take(
    incoming: IncomingMessage,
    response: ContractResponse,
    awaitsContinue = false,
    begin?: () => void,
  ): void {
    const connection = this.connections.of(incoming.socket);
    // What comes behind malformed bytes means nothing.
    if (connection.isRefused) return;
    const head = readHead(incoming);
    if (head === undefined) {
      this.malformed.refuse(connection);
      return;
    }
    const previous = connection.latest;
    connection.latest = response;
    response.turn = this.turn.current();
    const start = () => {
      // Malformed bytes behind it were answered in its place.
      if (connection.isOvertaken) return;
      connection.current = response;
      response.start(this.serving);
      begin?.();
      this.handle({ incoming, response, head, awaitsContinue });
    };
    if (previous === undefined || previous.writableFinished) guarded(response, start);
    else {
      this.connections.queue(connection, response);
      once(response, previous, 'finish', () => {
        this.connections.dequeue(connection, response);
        start();
      });
    }
    if (!head.isFramed) this.malformed.refuse(connection);
  }

  /**
   * CONNECT with a path is a method like any other; node hands over the bare socket, without its own listeners. It is
   * answered in its turn, and ends the connection.
   */
  private takeConnect(incoming: IncomingMessage, socket: Socket): void {
    const connection = this.connections.of(socket);
    const response = new ContractResponse(incoming);
    response.shouldKeepAlive = false;
    // What comes behind it means nothing.
    socket.resume();
    whenever(socket, socket, 'timeout', () => this.server.emit('timeout', socket));
    // Those before it may still be sending.
    whenever(socket, socket, 'drain', () => connection.current?.emit('drain'));
    once(socket, response, 'finish', () => endSoon(socket));
    this.take(incoming, response, false, () => response.assignSocket(socket));
  }
}
