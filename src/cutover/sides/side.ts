import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Target } from '../../recordings/raw-http';
import type { SideName } from '../traffic/side-name';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';

/** No connection could be made: nothing was sent. */
export class SideUnreachable extends Error {
  override readonly name = 'SideUnreachable';
}

/** The request may have arrived, but no complete answer came: whether it took effect is unknown. */
export class SideSilent extends Error {
  override readonly name = 'SideSilent';
}

/** The old server closes an idle connection after 5 s (uvicorn's timeout_keep_alive): leave it before it does. */
const IDLE_MILLISECONDS = 4000;

/** One of the two servers, reached over connections that are kept. Requests and answers are passed on as they are. */
export class Side {
  private readonly agent: Agent;

  constructor(
    readonly name: SideName,
    readonly target: Target,
    /** Milliseconds from the sending of a request to the end of its answer. */
    readonly timeout: number,
    connections: number,
  ) {
    this.agent = new Agent({
      keepAlive: true,
      maxSockets: connections,
      timeout: IDLE_MILLISECONDS,
      scheduling: 'lifo',
    });
  }

  /** Starts a request whose body the caller writes; its header pairs go out in their order and spelling. */
  open({ method, target, headers }: Omit<RawRequest, 'body'>): ClientRequest {
    const { host, port } = this.target;
    // An array of headers is stored at once and as it is; node adds none but Connection.
    const outgoing = httpRequest({
      host,
      port,
      method,
      path: target,
      headers: [...headers],
      agent: this.agent,
      maxHeaderSize: 1 << 20,
    });
    outgoing.once('response', leaveAfterCrash);
    return outgoing;
  }

  /**
   * Sends a request and reads the whole answer.
   *
   * @throws SideUnreachable, SideSilent
   */
  send(request: RawRequest, timeout = this.timeout): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(request);
      let sent = false;
      const fail = (problem: string) => {
        clearTimeout(timer);
        outgoing.destroy();
        if (sent) reject(new SideSilent(`${this.name} gave no answer: ${problem}`));
        else reject(new SideUnreachable(`${this.name} cannot be reached: ${problem}`));
      };
      const timer = setTimeout(() => fail(`timed out after ${timeout} ms`), timeout);
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) sent = true;
        else socket.once('connect', () => (sent = true));
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('end', () => {
          clearTimeout(timer);
          resolve(answerOf(incoming, Buffer.concat(pieces)));
        });
        incoming.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
        incoming.on('close', () => {
          if (!incoming.complete) fail('the answer was cut off');
        });
      });
      outgoing.end(request.body);
    });
  }

  /** GET with nothing but a Host header. @throws SideUnreachable, SideSilent */
  get(path: string, headers: readonly string[] = ['Host', 'gateway']): Promise<RawAnswer> {
    return this.send({ method: 'GET', target: path, headers, body: Buffer.alloc(0) });
  }

  close(): void {
    this.agent.destroy();
  }
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
