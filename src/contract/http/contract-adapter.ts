import type { RequestHandler } from '@nestjs/common/internal';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { ContractDispatcher, type ContractRequest, type MountHandler } from './contract-dispatcher';
import { ContractResponse } from './contract-response';
import { handlerPlans, templateOf } from './handler-plans';
import { answerMalformedRequests } from './malformed-requests';
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
  private readonly latest = new WeakMap<Duplex, ContractResponse>();
  private readonly turn = new Turn();
  private refuse: (socket: Duplex) => void = () => undefined;
  private readonly serving = { draining: false };

  constructor(private readonly contract: ContractServerOptions) {
    super();
    // No header that the old server did not send.
    this.disable('x-powered-by');
    this.disable('etag');
    const express = (request: IncomingMessage, response: ContractResponse) => {
      const listener: unknown = this.getInstance();
      (listener as RequestListener)(request, response);
    };
    this.dispatcher = new ContractDispatcher(contract, express, ({ socket }) => this.refuse(socket));
  }

  /** Tells the dispatcher what each handler wants. Call it once Nest has registered its routes. */
  bind(app: INestApplication): void {
    this.dispatcher.bind(handlerPlans(app.get(ModulesContainer)));
  }

  /** From now on every answer ends its connection. */
  drain(): void {
    this.serving.draining = true;
    (this.getHttpServer() as Server).closeIdleConnections();
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
    // The old server ignored expectations that it did not know.
    server.on('checkExpectation', (request: ContractRequest, response: ContractResponse) =>
      this.handle(request, response),
    );
    server.on('connect', (request: ContractRequest, socket: Duplex) => this.handleConnect(request, socket));
    this.refuse = answerMalformedRequests(server, this.turn, (socket) => this.latest.get(socket));
    this.httpServer = server;
  }

  override reply(response: unknown, body: unknown, statusCode?: number): unknown {
    if (!(response instanceof ContractResponse)) return super.reply(response, body, statusCode) as unknown;
    const status = statusCode ?? response.statusCode;
    if (body instanceof WireStream) return response.stream(status, body);
    const json = body instanceof WireText ? body.body : writeJson(body as PlainValue);
    // A handler that needed no database may be done before the parser has seen all that came with the request.
    if (response.turn === this.turn.current()) setImmediate(() => response.json(status, json));
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

  /** Requests that a client sends without waiting are answered one after the other, as the old server did. */
  private handle(request: ContractRequest, response: ContractResponse): void {
    const previous = this.latest.get(request.socket);
    this.latest.set(request.socket, response);
    response.turn = this.turn.current();
    if (previous === undefined || previous.writableFinished) this.start(request, response);
    else previous.once('finish', () => this.start(request, response));
  }

  private start(request: ContractRequest, response: ContractResponse): void {
    // Malformed bytes behind it were answered in its place.
    if (response.instead !== undefined) return;
    response.serving = this.serving;
    // Express' answers do not look again.
    if (this.serving.draining) response.shouldKeepAlive = false;
    this.dispatcher.dispatch(request, response);
  }

  /** CONNECT with a path is a method like any other; node hands over the bare socket. */
  private handleConnect(request: ContractRequest, socket: Duplex): void {
    const response = new ContractResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.on('finish', () => socket.end());
    this.handle(request, response);
  }
}
