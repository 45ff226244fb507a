import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { query, type PostgresCluster } from '../../../harness/postgres-cluster';
import { startFollowApp, type FollowApp } from '../../follow/follow-app';
import { BreakingProxy } from '../order-ports/breaking-proxy';
import type { OtherAnswer } from './memory-api';

/** The new API on a database of its own, in this process; what lies in front of it can be told to fail. */
export class GreenSide {
  /** Decides about each read of the public port: undefined lets it through. */
  onRead: (path: string) => OtherAnswer | undefined | Promise<OtherAnswer | undefined> = () => undefined;
  private isAway = false;

  private constructor(
    readonly app: FollowApp,
    readonly database: string,
    private readonly front: Server,
    private readonly feed: BreakingProxy,
  ) {
    front.on('request', (request: IncomingMessage, response: ServerResponse) => void this.pass(request, response));
  }

  static async start(cluster: PostgresCluster, environment?: Readonly<Record<string, string>>): Promise<GreenSide> {
    const database = await cluster.createDatabase();
    const app = await startFollowApp(database, environment);
    const front = createServer().listen(0, '127.0.0.1');
    await once(front, 'listening');
    return new GreenSide(app, database, front, await BreakingProxy.start(app.adminUrl));
  }

  /** Where the gateway reaches it. */
  get url(): string {
    return `http://127.0.0.1:${(this.front.address() as AddressInfo).port}`;
  }

  get adminUrl(): string {
    return this.feed.url;
  }

  /** As if it had been killed. */
  goAway(): void {
    this.isAway = true;
    this.front.closeAllConnections();
    this.feed.goAway();
  }

  comeBack(): void {
    this.isAway = false;
    this.feed.isAway = false;
  }

  /** It is fed, and nobody hears its answers. */
  set isSilent(silent: boolean) {
    this.feed.answers = !silent;
    if (!silent) this.feed.reset();
  }

  async list(resource = 'collections'): Promise<string> {
    return (await fetch(`${this.app.url}/api/${resource}`)).text();
  }

  async ids(): Promise<number[]> {
    return (JSON.parse(await this.list()) as { id: number }[]).map(({ id }) => id);
  }

  query(text: string): ReturnType<typeof query> {
    return query(this.database, text);
  }

  /** Another database, and nothing in it. */
  async forget(): Promise<void> {
    await this.query('truncate collections, locations, id_counters, followed_journal, followed_answers');
  }

  async stop(): Promise<void> {
    this.front.closeAllConnections();
    this.front.close();
    this.feed.close();
    await this.app.close();
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isAway) {
      request.socket.resetAndDestroy();
      return;
    }
    const { method = '', url = '', rawHeaders } = request;
    const other = method === 'GET' ? await this.onRead(url) : undefined;
    if (other !== undefined) {
      response.writeHead(other.status, { 'content-type': 'application/json' }).end(other.text);
      return;
    }
    const { hostname: host, port } = new URL(this.app.url);
    const passed = httpRequest({ host, port, method, path: url, headers: rawHeaders }, (answer) => {
      response.sendDate = false;
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  }
}
