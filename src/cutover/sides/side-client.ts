import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { NoAnswerError, UnreachableError } from '../../recordings/raw-http';
import type { HeaderPair } from '../../recordings/exchange';
import { CutoverError, messageOf } from '../cutover-error';
import { pairsOf } from '../traffic/header-pairs';
import { listPath, type Resource } from '../traffic/resource';
import { splitRows } from '../traffic/row-splitter';

/** How long a side may be silent, in milliseconds: it renders a long list before the first byte of it. */
export const DEFAULT_SILENCE_MS = 600_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS = 8;

/** A complete answer: header names, values and their order as received. */
export interface SideAnswer {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
}

/** What is sent beside method and path. */
export interface SideRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A list that a side answers with another status than 200, or not as JSON. */
export class ListRefusedError extends CutoverError {
  override name = 'ListRefusedError';

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * Reads the address of a side: `http://host[:port]`, or https.
 *
 * @throws TypeError if it is anything else: the API's paths start at the root
 */
export function parseSideUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const known = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  if (!known || parsed.pathname !== '/' || parsed.search || parsed.hash || parsed.username) {
    throw new TypeError(`${JSON.stringify(url)} is not the address of a server: write it as http://host:port`);
  }
  return parsed;
}

/** One side of the cutover, read through its public API. */
export class SideClient {
  private readonly request: typeof http.request;
  private readonly agent: http.Agent;

  constructor(
    private readonly url: URL,
    private readonly silence = DEFAULT_SILENCE_MS,
  ) {
    const options = { keepAlive: true, maxSockets: CONNECTIONS };
    const secure = url.protocol === 'https:';
    this.request = secure ? https.request : http.request;
    this.agent = secure ? new https.Agent(options) : new http.Agent(options);
  }

  /** The side's address, as people write it. */
  get name(): string {
    return this.url.origin;
  }

  /**
   * Sends a request and reads its whole answer, whatever the status.
   *
   * @throws UnreachableError if nothing was sent; NoAnswerError if no complete answer came, so that what became of a
   *   write is unknown
   */
  async ask(method: string, path: string, request: SideRequest = {}): Promise<SideAnswer> {
    const response = await this.send(method, path, request);
    const pieces: Buffer[] = [];
    for await (const piece of this.piecesOf(response)) pieces.push(piece);
    return { status: response.statusCode ?? 0, headers: pairsOf(response.rawHeaders), body: Buffer.concat(pieces) };
  }

  /**
   * The rows of a list as they arrive, in their order and exact bytes; a reader that is slow slows the side down.
   *
   * @throws ListRefusedError, NotAListError, UnreachableError, NoAnswerError
   */
  async *list(resource: Resource): AsyncGenerator<Buffer[]> {
    const path = listPath(resource);
    const response = await this.send('GET', path, {});
    const { statusCode: status = 0, headers } = response;
    const type = headers['content-type'] ?? 'no content type';
    if (status !== 200 || !type.startsWith('application/json')) {
      response.destroy();
      const advice = status === 500 ? '' : ': is this the address of a waste-collection API?';
      throw new ListRefusedError(`${this.name} answers ${path} with ${status} and ${type}${advice}`, status);
    }
    yield* splitRows(this.piecesOf(response), `what ${this.name} answers to ${path}`);
  }

  /** Lets idle connections go. */
  close(): void {
    this.agent.destroy();
  }

  private send(method: string, path: string, { headers = {}, body }: SideRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const isRead = method === 'GET';
      // What is written goes on a connection of its own, which cannot have ended unnoticed.
      const agent = isRead ? this.agent : false;
      const request = this.request(new URL(path, this.url), { method, agent, headers, timeout: this.silence });
      let response: IncomingMessage | undefined;
      let reused = false;
      let connected = false;
      let timer: NodeJS.Timeout | undefined;

      request.on('socket', (socket) => {
        // Not request.reusedSocket, which is false where a request has waited for its connection.
        reused = connected = !socket.connecting;
        if (reused) return;
        const giveUp = () => request.destroy(new Error(`no connection after ${CONNECT_TIMEOUT_MS / 1000} s`));
        timer = setTimeout(giveUp, CONNECT_TIMEOUT_MS);
        socket.once('connect', () => {
          connected = true;
          clearTimeout(timer);
        });
      });
      request.on('timeout', () => {
        const silent = new Error(`it was silent for ${this.silence / 1000} s`);
        (response ?? request).destroy(silent);
      });
      request.on('response', (answer) => {
        response = answer;
        resolve(answer);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        // The side ended an idle connection while the request was on its way; reading again is harmless.
        if (isRead && reused && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
          resolve(this.send(method, path, { headers }));
          return;
        }
        reject(connected ? this.noAnswer(error) : this.unreachable(error));
      });
      request.end(body);
    });
  }

  private async *piecesOf(response: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const piece of response as AsyncIterable<Buffer>) yield piece;
    } catch (error) {
      throw this.noAnswer(error);
    }
  }

  private noAnswer(error: unknown): NoAnswerError {
    return new NoAnswerError(`${this.name} gave an incomplete answer: ${messageOf(error)}`);
  }

  private unreachable(error: unknown): UnreachableError {
    const reason = messageOf(error) || (error as NodeJS.ErrnoException).code;
    return new UnreachableError(
      `${this.name} cannot be reached (${reason}): is the server running, and the address right?`,
    );
  }
}
