import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Target } from '../../recordings/raw-http';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { SideName } from '../traffic/side-name';
import { Patience } from './patience';
import { sideHead, type Framing } from './request-head';
import { SideAway } from './side-away';
import { isStale, leaveAfterCrash, problemOf, watchConnection, type Connection } from './side-connection';

/** How many connections a side gets, and how long it may be silent, in milliseconds. How long an answer is does not matter. */
export interface SideLimits {
  /** Connections that are kept: whoever asks for another purpose has a `Side` of its own, so that neither takes the other's. */
  readonly connections: number;
  /** Between two pieces of an answer, and before the first one unless `firstByte` says otherwise. */
  readonly answer: number;
  /** From the asking to the head of the answer. */
  readonly firstByte?: number;
  /** Until a connection stands; else it has as long as the first byte. */
  readonly connect?: number;
}

/** The old server closes an idle connection after 5 s (uvicorn's timeout_keep_alive): leave it before it does. */
const IDLE_MILLISECONDS = 4000;

const NO_BODY = Buffer.alloc(0);

/** An answer whose head is there. */
interface Begun {
  readonly incoming: IncomingMessage;
  readonly connection: Connection;
}

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

  /** Milliseconds that it may be silent within an answer. */
  get timeout(): number {
    return this.limits.answer;
  }

  /** Milliseconds from the asking to the head of the answer. */
  get firstByte(): number {
    return this.limits.firstByte ?? this.limits.answer;
  }

  /**
   * Starts a request whose body the caller writes; its header pairs go out in their order and spelling. Never throws.
   *
   * @param agent false for a connection of its own, which cannot have ended unnoticed
   * @returns undefined for a request whose first line cannot be written
   */
  open(
    request: Omit<RawRequest, 'body'>,
    framing: Framing,
    agent: Agent | false = this.agent,
  ): ClientRequest | undefined {
    const head = sideHead(request, framing);
    if (head === undefined) return undefined;
    const { host, port } = this.target;
    const { method, target, headers } = head;
    // An array of headers is stored at once and as it is; node adds none but Connection.
    const outgoing = this.request({ host, port, method, path: target, headers, agent, maxHeaderSize: 1 << 20 });
    outgoing.once('response', leaveAfterCrash);
    // Nobody has asked for it, and node forgets the request over it.
    outgoing.once('upgrade', (_, socket) => {
      socket.destroy();
      outgoing.emit('error', new Error('it changed the protocol'));
    });
    return outgoing;
  }

  /**
   * Sends a request and reads the whole answer.
   *
   * @param most bytes of the answer's body
   * @throws SideAway
   */
  async send(request: RawRequest, agent: Agent | false = this.agent, most = Infinity): Promise<RawAnswer> {
    return this.collect(await this.begin(request, agent), most);
  }

  /** GET with nothing but a Host header. @throws SideAway */
  get(path: string, headers: readonly string[] = ['Host', this.url.host]): Promise<RawAnswer> {
    return this.send({ method: 'GET', target: path, headers, body: NO_BODY });
  }

  /** Sends what changes something, as JSON, on a connection of its own. @throws SideAway */
  change(method: string, path: string, json?: string): Promise<RawAnswer> {
    const type = json === undefined ? [] : ['Content-Type', 'application/json'];
    const body = Buffer.from(json ?? '');
    return this.send({ method, target: path, headers: ['Host', this.url.host, ...type], body }, false);
  }

  /** The head of the answer to a GET, and its body in pieces as they come. @throws SideAway, at first or within the pieces */
  async read(path: string): Promise<{ readonly head: IncomingMessage; readonly pieces: AsyncIterable<Buffer> }> {
    const request = { method: 'GET', target: path, headers: ['Host', this.url.host], body: NO_BODY };
    const begun = await this.begin(request, this.agent);
    return { head: begun.incoming, pieces: this.piecesOf(begun) };
  }

  /** Lets idle connections go. */
  close(): void {
    this.agent.destroy();
  }

  /** Sends a request, and waits for the head of its answer. */
  private begin(request: RawRequest, agent: Agent | false): Promise<Begun> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(request, request.body.length, agent);
      if (outgoing === undefined) {
        reject(new SideAway('unreachable', `${this.name} was not asked: no request has such a method or target`));
        return;
      }
      const connection = watchConnection(outgoing, this.limits.connect);
      const late = () => outgoing.destroy(new Error(`it did not begin its answer within ${this.firstByte / 1000} s`));
      const patience = new Patience(this.firstByte, late);
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        patience.end();
        if (isStale(request, connection, error)) resolve(this.begin(request, agent));
        else reject(this.away(connection, problemOf(error)));
      });
      outgoing.on('response', (incoming) => {
        patience.end();
        // Whoever reads it hears of it; nobody may read it yet.
        incoming.on('error', () => undefined);
        resolve({ incoming, connection });
      });
      outgoing.end(request.body);
    });
  }

  private collect({ incoming, connection }: Begun, most: number): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let length = 0;
      const fail = (problem: string) => {
        patience.end();
        incoming.destroy();
        reject(this.away(connection, problem));
      };
      const patience = new Patience(this.timeout, () => fail(this.silence));
      incoming.on('data', (piece: Buffer) => {
        patience.begin();
        length += piece.length;
        if (length > most) fail(`its answer has more than ${most} bytes`);
        else pieces.push(piece);
      });
      incoming.on('end', () => {
        patience.end();
        resolve(answerOf(incoming, Buffer.concat(pieces)));
      });
      incoming.on('error', (error: NodeJS.ErrnoException) => fail(problemOf(error)));
      incoming.on('close', () => {
        if (!incoming.complete) fail('the answer was cut off');
      });
    });
  }

  /** What reads them may take its time: only the side's own is measured. */
  private async *piecesOf({ incoming, connection }: Begun): AsyncGenerator<Buffer> {
    const patience = new Patience(this.timeout, () => incoming.destroy(new Error(this.silence)));
    try {
      for await (const piece of incoming as AsyncIterable<Buffer>) {
        patience.end();
        yield piece;
        patience.begin();
      }
    } catch (error) {
      throw this.away(connection, `it was cut off: ${problemOf(error as Error)}`);
    } finally {
      patience.end();
    }
  }

  private get silence(): string {
    return `silent for ${this.timeout / 1000} s`;
  }

  private away({ isUp }: Connection, problem: string): SideAway {
    return isUp
      ? new SideAway('silent', `${this.name} gave no answer: ${problem}`)
      : new SideAway('unreachable', `${this.name} cannot be reached: ${problem}`);
  }
}

function answerOf(incoming: IncomingMessage, body: Buffer): RawAnswer {
  return { status: incoming.statusCode ?? 0, reason: incoming.statusMessage ?? '', headers: incoming.rawHeaders, body };
}
