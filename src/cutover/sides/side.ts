import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Target } from '../../recordings/raw-http';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { SideName } from '../traffic/side-name';
import { SideAway } from './side-away';

/** How many connections a side gets, and how long it may take, in milliseconds. */
export interface SideLimits {
  /** Connections that are kept. */
  readonly connections: number;
  /** From the sending of a request to the end of its answer; of a list that is streamed, between two pieces of it. */
  readonly answer: number;
  /** Until a connection stands; else it has as long as the answer. */
  readonly connect?: number;
}

/** The old server closes an idle connection after 5 s (uvicorn's timeout_keep_alive): leave it before it does. */
const IDLE_MILLISECONDS = 4000;

const NO_BODY = Buffer.alloc(0);

/** One of the two servers, reached over connections that are kept. Requests and answers are passed on as they are. */
export class Side<Name extends string = SideName> {
  readonly target: Target;
  private readonly agent: Agent;
  private readonly request: typeof http.request;

  constructor(
    /** How messages call it. */
    readonly name: Name,
    readonly url: URL,
    private readonly limits: SideLimits,
  ) {
    const isSecure = url.protocol === 'https:';
    const port = Number(url.port || (isSecure ? 443 : 80));
    this.target = { host: url.hostname.replace(/^\[|\]$/g, ''), port };
    this.request = isSecure ? https.request : http.request;
    this.agent = new (isSecure ? https : http).Agent({
      keepAlive: true,
      maxSockets: limits.connections,
      timeout: IDLE_MILLISECONDS,
      scheduling: 'lifo',
    });
  }

  /** Milliseconds from the sending of a request to the end of its answer. */
  get timeout(): number {
    return this.limits.answer;
  }

  /**
   * Starts a request whose body the caller writes; its header pairs go out in their order and spelling.
   *
   * @param agent false for a connection of its own, which cannot have ended unnoticed
   */
  open({ method, target, headers }: Omit<RawRequest, 'body'>, agent: Agent | false = this.agent): ClientRequest {
    const { host, port } = this.target;
    // An array of headers is stored at once and as it is; node adds none but Connection.
    const outgoing = this.request({
      host,
      port,
      method,
      path: target,
      headers: [...headers],
      agent,
      maxHeaderSize: 1 << 20,
    });
    outgoing.once('response', leaveAfterCrash);
    return outgoing;
  }

  /** Sends a request and reads the whole answer. @throws SideAway */
  send(request: RawRequest, agent: Agent | false = this.agent): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(request, agent);
      const connection = watchConnection(outgoing, this.limits.connect);
      const fail = (problem: string) => {
        clearTimeout(timer);
        outgoing.destroy();
        reject(this.away(connection, problem));
      };
      const timer = setTimeout(() => fail(`timed out after ${this.timeout} ms`), this.timeout);
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (!isStale(request, connection, error)) {
          fail(problemOf(error));
          return;
        }
        clearTimeout(timer);
        resolve(this.send(request, agent));
      });
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('end', () => {
          clearTimeout(timer);
          resolve(answerOf(incoming, Buffer.concat(pieces)));
        });
        incoming.on('error', (error: NodeJS.ErrnoException) => fail(problemOf(error)));
        incoming.on('close', () => {
          if (!incoming.complete) fail('the answer was cut off');
        });
      });
      outgoing.end(request.body);
    });
  }

  /** GET with nothing but a Host header. @throws SideAway */
  get(path: string, headers: readonly string[] = ['Host', this.url.host]): Promise<RawAnswer> {
    return this.send({ method: 'GET', target: path, headers, body: NO_BODY });
  }

  /** Sends what changes something, as JSON, on a connection of its own. @throws SideAway */
  change(method: string, path: string, json?: string): Promise<RawAnswer> {
    const body = Buffer.from(json ?? '');
    const length = ['Content-Length', String(body.length)];
    const framing = json === undefined ? [] : ['Content-Type', 'application/json', ...length];
    return this.send({ method, target: path, headers: ['Host', this.url.host, ...framing], body }, false);
  }

  /** The head of the answer to a GET, and its body in pieces as they come. @throws SideAway, at first or within the pieces */
  read(path: string): Promise<{ readonly head: IncomingMessage; readonly pieces: AsyncIterable<Buffer> }> {
    return new Promise((resolve, reject) => {
      const request = { method: 'GET', target: path, headers: ['Host', this.url.host] };
      const outgoing = this.open(request);
      const connection = watchConnection(outgoing, this.limits.connect);
      let head: IncomingMessage | undefined;
      outgoing.setTimeout(this.timeout, () => {
        (head ?? outgoing).destroy(new Error(`silent for ${this.timeout / 1000} s`));
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (isStale(request, connection, error)) resolve(this.read(path));
        else reject(this.away(connection, problemOf(error)));
      });
      outgoing.on('response', (incoming) => {
        head = incoming;
        resolve({ head, pieces: this.piecesOf(head, connection) });
      });
      outgoing.end();
    });
  }

  /** Lets idle connections go. */
  close(): void {
    this.agent.destroy();
  }

  private async *piecesOf(incoming: IncomingMessage, connection: Connection): AsyncGenerator<Buffer> {
    try {
      for await (const piece of incoming as AsyncIterable<Buffer>) yield piece;
    } catch (error) {
      throw this.away(connection, `it was cut off: ${problemOf(error as Error)}`);
    }
  }

  private away({ isUp }: Connection, problem: string): SideAway {
    return isUp
      ? new SideAway('silent', `${this.name} gave no answer: ${problem}`)
      : new SideAway('unreachable', `${this.name} cannot be reached: ${problem}`);
  }
}

/** How far a request's connection came: decides what a failure means. */
interface Connection {
  isUp: boolean;
  /** It had served a request before. */
  isKept: boolean;
}

function watchConnection(outgoing: ClientRequest, limit: number | undefined): Connection {
  const connection = { isUp: false, isKept: false };
  outgoing.on('socket', (socket) => {
    // Not outgoing.reusedSocket, which is false where a request has waited for its connection.
    connection.isUp = connection.isKept = !socket.connecting;
    if (connection.isUp) return;
    const giveUp = () => outgoing.destroy(new Error(`no connection after ${(limit ?? 0) / 1000} s`));
    const timer = limit === undefined ? undefined : setTimeout(giveUp, limit);
    outgoing.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      connection.isUp = true;
      clearTimeout(timer);
    });
  });
  return connection;
}

/** True if the side ended a kept connection while a read was on its way: reading again is harmless. */
function isStale(
  { method }: Pick<RawRequest, 'method'>,
  { isKept }: Connection,
  error: NodeJS.ErrnoException,
): boolean {
  return method === 'GET' && isKept && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function problemOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

/**
 * After a crash the old server ends the connection without saying so in the head of its 500 (uvicorn closes the transport when
 * an application fails behind its answer): whatever was sent on it next would get no answer.
 */
function leaveAfterCrash(incoming: IncomingMessage): void {
  // Taken now: at its end the answer has no socket any more.
  const { socket } = incoming;
  if (incoming.statusCode === 500) incoming.once('end', () => socket.destroy());
}

function answerOf(incoming: IncomingMessage, body: Buffer): RawAnswer {
  return { status: incoming.statusCode ?? 0, reason: incoming.statusMessage ?? '', headers: incoming.rawHeaders, body };
}
