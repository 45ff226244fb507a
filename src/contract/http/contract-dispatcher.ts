import type { IncomingMessage } from 'node:http';
import { renderErrors, type ErrorItem } from '../fields/errors';
import { readIntegerPath } from '../fields/path';
import { BodyAborted, BodyRefused, BodyTooLarge } from './body-errors';
import type { BodyRoom, ClaimRoom } from './body-room';
import type { ContractResponse } from './contract-response';
import { isPreflight, preflight, simpleCors } from './cors';
import { guarded, soon, whenDone } from './guard';
import type { HandlerPlan } from './handler-plans';
import { redirectLocation } from './redirect';
import { readBody, skipBody } from './request-body';
import type { RequestHead } from './request-head';
import type { ContractHeaders } from './request-headers';
import type { RequestTarget } from './request-target';
import { RouteTable, type Match, type Route } from './route-table';
import { trustedPeers } from './trusted-peers';

/** What Nest's parameter decorators read on the contract's side. */
export interface ContractRequest extends IncomingMessage {
  params?: Record<string, bigint | string>;
  body?: unknown;
}

/** A handler as Nest registers it. It answers by itself, errors included. */
export type NestHandler = (request: ContractRequest, response: ContractResponse, next: () => void) => unknown;

/** Answers a file completely. @param path what follows the mount's slash, decoded. */
export type MountHandler = (request: IncomingMessage, response: ContractResponse, path: string) => Promise<void>;

export interface DispatcherOptions {
  readonly bodyLimit: number;
  /** Room for the bodies in work. */
  readonly bodies: BodyRoom;
  /** Told of a client that sends in so many pieces that others would wait for it. */
  readonly onFlood: () => void;
  readonly trustedProxies: readonly string[];
  readonly pages: Readonly<Record<string, readonly string[]>>;
  readonly mounts: Readonly<Record<string, MountHandler>>;
}

type Step = (
  request: ContractRequest,
  response: ContractResponse,
  match: Match<Step>,
  headers: ContractHeaders,
) => void;

const NOT_FOUND = '{"detail":"Not Found"}';
const METHOD_NOT_ALLOWED = '{"detail":"Method Not Allowed"}';
const UNREADABLE = '{"detail":"There was an error parsing the body"}';
const TOO_LARGE = '{"detail":"Request Entity Too Large"}';

const nothing = () => undefined;

/** Decides the answer to a request as the old server's layers behind its parser did, in their order: CORS, routes, body, fields. */
export class ContractDispatcher {
  private readonly table = new RouteTable<Step>();
  private readonly handlers = new Map<string, NestHandler>();
  private readonly trusted: (address: string | undefined) => boolean;

  constructor(
    private readonly options: DispatcherOptions,
    private readonly express: (request: IncomingMessage, response: ContractResponse) => void,
  ) {
    this.trusted = trustedPeers(options.trustedProxies);
    for (const [path, methods] of Object.entries(options.pages)) this.addPage(path, methods);
    for (const [prefix, handler] of Object.entries(options.mounts)) this.addMount(prefix, handler);
  }

  /** Adds a route of the contract; it answers once its plan is bound. */
  add(method: string, template: string, handler: NestHandler): void {
    if (/[:*?(]/.test(template)) throw new Error(`The contract has no route of the form ${template}`);
    this.handlers.set(`${method} ${template}`, handler);
  }

  /** Joins each handler with what it wants to be given. @throws if a handler has no plan. */
  bind(plans: readonly HandlerPlan[]): void {
    const byRoute = new Map(plans.map((plan) => [`${plan.method} ${plan.template}`, plan]));
    for (const [key, handler] of this.handlers) {
      const plan = byRoute.get(key);
      if (plan === undefined) throw new Error(`No controller declares ${key}`);
      if (plan.express.length > 0) {
        throw new Error(`${key} has parameters that only Express can fill: ${plan.express.join(', ')}`);
      }
      const route = this.table.route(plan.template);
      route.allow ??= plan.method;
      route.methods.set(plan.method, this.stepFor(plan, route, handler));
    }
  }

  /** Answers one request. */
  dispatch(request: ContractRequest, response: ContractResponse, { target, headers }: RequestHead): void {
    if (isPreflight(request.method, headers)) {
      const answer = preflight(headers);
      soon(response, () => response.plain(answer.status, answer.body, answer.headers));
      return;
    }
    response.cors = simpleCors(headers);
    const match = this.table.match(target.path);
    if (match === undefined) this.answerUnknownPath(request, response, target, headers);
    else this.answerRoute(request, response, match, headers);
  }

  private answerUnknownPath(
    request: ContractRequest,
    response: ContractResponse,
    target: RequestTarget,
    headers: ContractHeaders,
  ): void {
    const path = this.table.slashRedirect(target.path);
    if (path === undefined) {
      soon(response, () => response.json(404, NOT_FOUND));
      return;
    }
    const { remoteAddress, localAddress, localPort } = request.socket;
    const local = localPort === 80 ? (localAddress ?? '') : `${localAddress ?? ''}:${localPort ?? ''}`;
    const location = redirectLocation(path, target, headers, this.trusted(remoteAddress), local);
    soon(response, () => response.redirect(307, location));
  }

  private answerRoute(
    request: ContractRequest,
    response: ContractResponse,
    match: Match<Step>,
    headers: ContractHeaders,
  ): void {
    const step = match.route.methods.get(request.method ?? '');
    if (step !== undefined) {
      step(request, response, match, headers);
      return;
    }
    if (match.route.allow !== undefined) response.addHeader('allow', match.route.allow);
    soon(response, () => response.json(405, METHOD_NOT_ALLOWED));
  }

  private addPage(path: string, methods: readonly string[]): void {
    const route = this.table.route(path);
    route.allow = methods.join(', ');
    for (const method of methods) {
      route.methods.set(method, (request, response) => {
        soon(response, () => {
          if (response.instead !== undefined) return;
          response.setCorsHeaders();
          request.url = path;
          this.express(request, response);
        });
      });
    }
  }

  private addMount(prefix: string, handler: MountHandler): void {
    const route = this.table.mount(prefix);
    for (const method of ['GET', 'HEAD']) {
      route.methods.set(method, (request, response, { values }) => {
        soon(response, () => {
          if (response.instead !== undefined) return undefined;
          response.setCorsHeaders();
          return handler(request, response, values[0] ?? '');
        });
      });
    }
  }

  private stepFor({ integers, body }: HandlerPlan, { parameters }: Route<Step>, handler: NestHandler): Step {
    const readParameters = (request: ContractRequest, values: readonly string[]): ErrorItem[] => {
      const params: Record<string, bigint | string> = {};
      const errors: ErrorItem[] = [];
      parameters.forEach((name, index) => {
        const text = values[index] ?? '';
        if (!integers.includes(name)) {
          params[name] = text;
          return;
        }
        const read = readIntegerPath(text, name);
        if ('error' in read) errors.push(read.error);
        else params[name] = read.value;
      });
      request.params = params;
      return errors;
    };

    const run = (request: ContractRequest, response: ContractResponse) => {
      response.handled = true;
      guarded(response, () => {
        const work = handler(request, response, nothing);
        response.claim?.lend(work);
        return work;
      });
    };

    const answerInvalid = (response: ContractResponse, errors: readonly ErrorItem[]) => {
      // The errors hold all that was read of the body, which may be a hundred times what is left of it in the answer.
      const text = renderErrors(errors);
      soon(response, () => response.json(422, text));
    };

    if (body === undefined) {
      return (request, response, { values }) => {
        skipBody(request);
        const errors = readParameters(request, values);
        if (errors.length > 0) answerInvalid(response, errors);
        else run(request, response);
      };
    }

    return (request, response, { values }, headers) => {
      const claimRoom: ClaimRoom = (bytes, granted, refused) => {
        const [onRoom, onNone] = [granted, refused].map((step) => () => guarded(response, step)) as [
          () => void,
          () => void,
        ];
        return response.holdRoom(this.options.bodies.claim(bytes, onRoom, onNone));
      };
      whenDone(
        response,
        readBody(request, this.options.bodyLimit, claimRoom, this.options.onFlood),
        (bytes) => {
          const read = body.read(bytes, headers.contentType);
          if (read.kind === 'unreadable') {
            soon(response, () => response.json(400, UNREADABLE));
            return;
          }
          if (read.kind === 'oversized') {
            soon(response, () => response.refuse(413, TOO_LARGE));
            return;
          }
          if (read.kind === 'syntax') {
            answerInvalid(response, read.errors);
            return;
          }
          const errors = readParameters(request, values);
          if (read.kind === 'invalid') errors.push(...read.errors);
          if (errors.length > 0) {
            answerInvalid(response, errors);
            return;
          }
          request.body = read.kind === 'model' ? read.model : undefined;
          run(request, response);
        },
        (error) => this.answerUnreadBody(error, response),
      );
    };
  }

  private answerUnreadBody(error: unknown, response: ContractResponse): void {
    // There is nobody to answer, or nothing: the old server closed the connection.
    if (error instanceof BodyAborted) response.req.socket.destroySoon();
    else if (error instanceof BodyRefused) response.refuseForRoom();
    else if (error instanceof BodyTooLarge) response.refuse(413, TOO_LARGE);
    else throw error;
  }
}
