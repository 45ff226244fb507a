import type { RequestHandler } from '@nestjs/common/internal';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Logger, type INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { BodyRoom } from './body-room';
import { CapturedRequests } from './captured-requests';
import { Connections } from './connections';
import { ContractDispatcher, type ContractRequest, type MountHandler } from './contract-dispatcher';
import { ContractResponse, Serving } from './contract-response';
import { endSoon } from './end-soon';
import { faults, guarded, once, soon, whenClient, whenever } from './guard';
import { handlerPlans, templateOf, type HandlerPlan } from './handler-plans';
import { MalformedRequests } from './malformed-requests';
import { readHead } from './request-head';
import { Turn } from './turn';
import { WireStream } from './wire-stream';
import { WireText } from './wire-text';
import { writeJson, type PlainValue } from '../json/writer';

export interface ContractServerOptions {
  /** Largest request body in bytes. */
  readonly bodyLimit: number;
  /** Largest request head in bytes. */
  readonly headLimit: number;
  /** Milliseconds a client has to send a whole request. */
  readonly requestTimeout: number;
  /** Peers whose X-Forwarded-Proto counts: addresses, CIDR ranges, or `*`. */
  readonly trustedProxies: readonly string[];
  /** Routes that Express answers, once the contract has decided that they are to be answered: path and methods. */
  readonly pages: Readonly<Record<string, readonly string[]>>;
  /** Folders of files; 405 carries no Allow there. */
  readonly mounts: Readonly<Record<string, MountHandler>>;
}

/** How often node looks for requests that take too long, in milliseconds. */
const TIMEOUT_CHECK_INTERVAL = 1000;

/** uvicorn's timeout_keep_alive, in milliseconds. */
const KEEP_ALIVE = 5000;

/**
 * Nest's Express adapter with the contract before it. Every request is first matched as the old server matched it;
 * routes of the contract go straight to Nest's handlers, with bodies and ids read by their plans, and pages go on
 * to Express. On the contract's side a handler returns WireText, a WireStream or a plain value; what belongs to Express
 * (res.json, middleware, StreamableFile) does not work there, and parameters that Express would have to give (@Query, @Ip,
 * @HostParam, @Session, files) are refused when the routes are bound.
 */
export class ContractAdapter extends ExpressAdapter {
  private readonly dispatcher: ContractDispatcher;
  private plans: readonly HandlerPlan[] = [];
  private readonly turn = new Turn();
  private readonly serving = new Serving();
  private readonly bodies: BodyRoom;
  // Made with the server, by initHttpServer().
  private connections!: Connections;
  private malformed!: MalformedRequests;

  constructor(private readonly contract: ContractServerOptions) {
    super();
    const log = new Logger('Contract');
    faults.report = (fault) => log.error(fault);
    // No header that the old server did not send.
    this.disable('x-powered-by');
    this.disable('etag');
    const express = (request: IncomingMessage, response: ContractResponse) => {
      const listener: unknown = this.getInstance();
      (listener as RequestListener)(request, response);
    };
    this.bodies = new BodyRoom(contract.bodyLimit);
    this.dispatcher = new ContractDispatcher(
      { ...contract, bodies: this.bodies, onFlood: () => this.connections.flooded() },
      express,
    );
  }

  /** Tells the dispatcher what each handler wants. Call it once Nest has registered its routes. */
  bind(app: INestApplication): void {
    this.plans = handlerPlans(app.get(ModulesContainer));
    this.dispatcher.bind(this.plans);
  }

  /** The way of a request up to its handler, for those that come another way. Call it once the routes are bound. */
  captured(): CapturedRequests {
    return new CapturedRequests((handler, elsewhere) => {
      const mounts = Object.fromEntries(
        Object.keys(this.contract.mounts).map((prefix): [string, MountHandler] => [
          prefix,
          async (request, response) => {
            await elsewhere(request, response, () => undefined);
          },
        ]),
      );
      const dispatcher = new ContractDispatcher(
        // They come one after the other, whatever they are.
        { ...this.contract, bodies: this.bodies, mounts, onFlood: () => undefined },
        (request, response) => elsewhere(request, response, () => undefined),
      );
      for (const { method, template } of this.plans) {
        if (!(template in this.contract.pages)) dispatcher.add(method, template, handler(`${method} ${template}`));
      }
      dispatcher.bind(this.plans);
      return dispatcher;
    });
  }

  /** From now on every answer ends its connection. */
  drain(): void {
    this.serving.draining = true;
  }

  /** Listens no more, ends the connections on which nothing is asked, and waits for the others. */
  override close(): Promise<unknown> | undefined {
    this.drain();
    const closed = super.close();
    this.connections.close();
    return closed;
  }

  /** Cuts every connection, whatever goes on there: also those that node has handed over and forgotten (CONNECT). */
  cutOff(): void {
    this.connections.cutOff();
  }

  override get(path: unknown, handler?: RequestHandler): unknown {
    return this.register('GET', path, handler) ?? super.get(path, handler as RequestHandler);
  }

  override post(path: unknown, handler?: RequestHandler): unknown {
    return this.register('POST', path, handler) ?? super.post(path, handler as RequestHandler);
  }

  override put(path: unknown, handler?: RequestHandler): unknown {
    return this.register('PUT', path, handler) ?? super.put(path, handler as RequestHandler);
  }

  override delete(path: unknown, handler?: RequestHandler): unknown {
    return this.register('DELETE', path, handler) ?? super.delete(path, handler as RequestHandler);
  }

  override initHttpServer(): void {
    const { headLimit, requestTimeout } = this.contract;
    const server = createServer(
      {
        ServerResponse: ContractResponse,
        maxHeaderSize: headLimit,
        requireHostHeader: false,
        requestTimeout,
        headersTimeout: requestTimeout,
        keepAliveTimeout: KEEP_ALIVE,
        connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL,
      },
      (request, response) => this.handle(request as ContractRequest, response),
    );
    // Node drops the headers beyond its count without a word; the head limit is the bound here.
    server.maxHeadersCount = 0;
    // Many a client closes its sending half behind a request, and reads the answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    // The old server ignored expectations that it did not know.
    whenClient(server, 'checkExpectation', (request: ContractRequest, response: ContractResponse) =>
      this.handle(request, response),
    );
    whenClient(server, 'connect', (request: ContractRequest, socket: Socket) => this.handleConnect(request, socket));
    this.malformed = new MalformedRequests(this.turn, requestTimeout);
    this.connections = new Connections(server, requestTimeout, (socket) =>
      this.malformed.timeOut(this.connections.of(socket)),
    );
    this.malformed.listen(server, this.connections);
    // eslint-disable-next-line no-restricted-syntax -- no client's: the server's own end.
    server.on(
      'close',
      this.connections.watch(() => this.bodies.expire(requestTimeout)),
    );
    this.httpServer = server;
  }

  override reply(response: unknown, body: unknown, statusCode?: number): unknown {
    if (!(response instanceof ContractResponse)) return super.reply(response, body, statusCode) as unknown;
    const status = statusCode ?? response.statusCode;
    if (body instanceof WireStream) return response.stream(status, body);
    const json = body instanceof WireText ? body.body : writeJson(body as PlainValue);
    // A handler that needed no database may be done before the parser has seen all that came with the request.
    if (response.turn === this.turn.current()) soon(response, () => response.json(status, json));
    else response.json(status, json);
    return response;
  }

  override status(response: unknown, statusCode: number): unknown {
    if (!(response instanceof ContractResponse)) return super.status(response, statusCode) as unknown;
    response.statusCode = statusCode;
    return response;
  }

  override setHeader(response: unknown, name: string, value: string): unknown {
    if (!(response instanceof ContractResponse)) return super.setHeader(response, name, value) as unknown;
    response.addHeader(name, value);
    return response;
  }

  override getRequestUrl(request: ContractRequest & { originalUrl?: string }): string {
    return request.originalUrl ?? request.url ?? '';
  }

  /** Takes a route for the contract's side; undefined leaves it to Express. */
  private register(method: string, path: unknown, handler: RequestHandler | undefined): this | undefined {
    if (typeof path !== 'string' || handler === undefined) return undefined;
    const template = templateOf(path);
    if (template in this.contract.pages) return undefined;
    this.dispatcher.add(method, template, handler);
    return this;
  }

  /**
   * Requests that a client sends without waiting are answered one after the other, as the old server did. What its parser
   * refused is refused when it comes, like all that is malformed, and never waits for a turn.
   */
  private handle(request: ContractRequest, response: ContractResponse, begin?: () => void): void {
    const connection = this.connections.of(request.socket);
    // What comes behind malformed bytes means nothing.
    if (connection.isRefused) return;
    const head = readHead(request);
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
      this.dispatcher.dispatch(request, response, head);
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
  private handleConnect(request: ContractRequest, socket: Socket): void {
    const connection = this.connections.of(socket);
    const response = new ContractResponse(request);
    response.shouldKeepAlive = false;
    // What comes behind it means nothing.
    socket.resume();
    whenever(socket, socket, 'timeout', () => this.httpServer.emit('timeout', socket));
    // Those before it may still be sending.
    whenever(socket, socket, 'drain', () => connection.current?.emit('drain'));
    once(socket, response, 'finish', () => endSoon(socket));
    this.handle(request, response, () => response.assignSocket(socket));
  }
}
