import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expectedRow } from '../../../src/cutover/traffic/expected-row';
import { routeRequest } from '../../../src/cutover/traffic/write-route';
import type { Resource } from '../../../src/cutover/traffic/resource';

/**
 * What becomes of a request. `before`: the connection is cut before it takes effect; `after`: before it is answered.
 * `swallow`: it takes no effect and is never answered; `hang`: it takes effect and is never answered.
 */
export type Fault = 'before' | 'after' | 'swallow' | 'hang' | undefined;

/** One write as the server got it. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

/** What is answered to a read instead of what is kept. */
export interface OtherAnswer {
  readonly status: number;
  readonly text: string;
}

/** What both sides answer to GET /health. */
export const HEALTHY = '{"status":"healthy","timestamp":"2024-01-15T10:30:00.123456"}';

const WASTE = new Set(['organic', 'plastic', 'paper', 'metal', 'glass', 'electronic']);
const NOT_FOUND = '{"detail":"Collection not found"}';

/**
 * A small server with the old API's paths, ids and rows, which can be told to fail in chosen ways: what the real ones do
 * only by accident. It keeps its rows in memory and can lose them, as the old one does.
 */
export class MemoryApi {
  readonly seen: Seen[] = [];
  /** Decides about each write, before it is carried out. */
  fault: (seen: Seen) => Fault | Promise<Fault> = () => undefined;
  /** Decides about each read: undefined answers what is kept, in time. */
  onRead: (path: string) => OtherAnswer | undefined | Promise<OtherAnswer | undefined> = () => undefined;
  /** A text in a body that it refuses. */
  refuses: string | undefined;
  /** Milliseconds that a write takes; a new one for each. */
  delay: () => number = () => 0;
  private rows = { collections: new Map<number, string>(), locations: new Map<number, string>() };
  private next = { collections: 1, locations: 1 };
  private server: Server | undefined;
  private readonly latest = new WeakMap<Socket, Promise<void>>();
  port = 0;

  /** @param typed refuse waste types that the contract does not have */
  constructor(public typed = true) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens on a free port, and on the same one each time after. */
  async start(): Promise<this> {
    const server = createServer((request, response) => this.inOrder(request, response));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((closed) => (this.server ? this.server.close(closed) : closed(undefined)));
  }

  /** What a restart does to the old server. */
  forget(): void {
    this.rows = { collections: new Map(), locations: new Map() };
    this.next = { collections: 1, locations: 1 };
  }

  list(resource: Resource): string {
    return `[${[...this.rows[resource].values()].join(',')}]`;
  }

  ids(resource: Resource = 'collections'): number[] {
    return [...this.rows[resource].keys()];
  }

  /** The id that the next create gets. */
  nextId(resource: Resource = 'collections'): number {
    return this.next[resource];
  }

  /** As uvicorn: requests that come on one connection without waiting are carried out one after the other. */
  private inOrder(request: IncomingMessage, response: ServerResponse): void {
    const before = this.latest.get(request.socket) ?? Promise.resolve();
    this.latest.set(
      request.socket,
      before.then(() => this.answer(request, response)).catch(() => undefined),
    );
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const { method = '', url = '' } = request;
    const { write } = routeRequest(method, url);
    if (write === undefined) {
      const other = await this.onRead(url);
      if (other === undefined) this.read(url, response);
      else send(response, other.status, other.text);
      return;
    }
    const seen = { method, target: url, body: body.toString() };
    const fault = await this.fault(seen);
    if (fault === 'swallow') return;
    if (fault === 'before') {
      request.socket.destroy();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, this.delay()));
    this.seen.push(seen);
    const [status, text] = this.write(method, write.resource, write.id, body);
    if (fault === 'after') request.socket.destroy();
    else if (fault !== 'hang') send(response, status, text);
  }

  private write(method: string, resource: Resource, id: number | null, body: Buffer): [number, string] {
    const rows = this.rows[resource];
    if (method === 'DELETE') {
      if (id === null || !rows.delete(id)) return [404, NOT_FOUND];
      return [200, '{"message":"Collection deleted successfully"}'];
    }
    const row = this.render(resource, id ?? this.next[resource], body);
    if (row === undefined) return [422, '{"detail":[]}'];
    if (method !== 'POST' && (id === null || !rows.has(id))) return [404, NOT_FOUND];
    if (method === 'POST') rows.set(this.next[resource]++, row);
    else rows.set(id!, row);
    return [200, row];
  }

  private render(resource: Resource, id: number, body: Buffer): string | undefined {
    const row = expectedRow(resource, id, { headers: [], body })?.toString();
    const waste = /"waste_type":"(\w+)"/.exec(row ?? '')?.[1];
    if (this.refuses !== undefined && body.includes(this.refuses)) return undefined;
    return this.typed && waste !== undefined && !WASTE.has(waste) ? undefined : row;
  }

  private read(url: string, response: ServerResponse): void {
    const id = /^\/api\/collections\/(\d+)$/.exec(url)?.[1];
    if (url === '/health') send(response, 200, HEALTHY);
    else if (url === '/api/analytics') {
      send(
        response,
        200,
        `{"total_collections":${this.rows.collections.size},"rows":${this.list('collections').length}}`,
      );
    } else if (url === '/api/collections' || url === '/api/locations') {
      send(response, 200, this.list(url === '/api/locations' ? 'locations' : 'collections'));
    } else if (id !== undefined) {
      const row = this.rows.collections.get(Number(id));
      send(response, row === undefined ? 404 : 200, row ?? NOT_FOUND);
    } else send(response, 404, '{"detail":"Not Found"}');
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(text), 'content-type': 'application/json' });
  response.end(text);
}
