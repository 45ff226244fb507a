import { connect, type Socket } from 'node:net';
import { bodyOf, type RecordedRequest } from '../../src/recordings/exchange';
import {
  NoAnswerError,
  requestBytes,
  sendRaw,
  targetName,
  UnreachableError,
  type RawResponse,
  type Target,
} from '../../src/recordings/raw-http';
import { ResponseReader } from '../../src/recordings/raw-response';
import { KNOWN_METHODS } from './heads';

const ANSWER_TIMEOUT_MS = 10_000;
// Both servers end a connection that has been idle for 5 s; one about to be ended is not used again.
const MAX_IDLE_MS = 2_000;

const PLAIN_METHODS: ReadonlySet<string> = new Set(KNOWN_METHODS);
const CONNECTION_HEADERS = /^(connection|upgrade|expect|transfer-encoding|content-length|host)$/i;

/**
 * Sends requests to one server, one after the other: ordinary ones on a connection that is kept, all others (whatever
 * might end or confuse a connection) as the replay tool does, each on a connection of its own.
 */
export class ServerConnection {
  private socket: Socket | undefined;
  private usedAt = 0;

  constructor(private readonly target: Target) {}

  /** The server's answer. @throws UnreachableError, NoAnswerError */
  async send(request: RecordedRequest): Promise<RawResponse> {
    if (!isOrdinary(request)) return sendRaw(this.target, request, { connect: 5_000, answer: ANSWER_TIMEOUT_MS });
    return this.sendKept(request);
  }

  /** Ends the kept connection, if there is one. */
  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private async sendKept(request: RecordedRequest): Promise<RawResponse> {
    const kept = requestBytes({ ...request, headers: [...request.headers, ['connection', null]] });
    const socket = this.usable() ?? (await this.open());
    const reader = new ResponseReader(request.method);
    const answer = await exchange(socket, kept, reader);
    this.usedAt = performance.now();
    // After a crash the old server closes a little later, without a word.
    if (reader.closes || !answer.complete || answer.status >= 500) this.close();
    return answer;
  }

  private usable(): Socket | undefined {
    if (this.socket?.writable === true && performance.now() - this.usedAt < MAX_IDLE_MS) return this.socket;
    this.close();
    return undefined;
  }

  private open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.target, noDelay: true });
      const refused = (error: Error): void =>
        reject(new UnreachableError(`${targetName(this.target)} cannot be reached: ${error.message}`));
      socket.once('error', refused);
      socket.once('connect', () => {
        socket.off('error', refused);
        // A connection that breaks while idle is noticed by its state; without a listener it would end the process.
        socket.on('error', () => undefined);
        this.socket = socket;
        resolve(socket);
      });
    });
  }
}

/** True if the request leaves a connection usable: no odd method, target, framing or head. */
function isOrdinary(request: RecordedRequest): boolean {
  const { method, target, headers } = request;
  if (!PLAIN_METHODS.has(method) || !/^\/[!-~]*$/.test(target) || target.length > 8_000) return false;
  if ((bodyOf(request)?.length ?? 0) > 0 && method === 'HEAD') return false;
  return headers.every(
    ([name, value]) =>
      value !== null && !CONNECTION_HEADERS.test(name) && /^[\w-]+$/.test(name) && /^[\t -~\x80-\xff]*$/.test(value),
  );
}

function exchange(socket: Socket, bytes: Buffer, reader: ResponseReader): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish('timed out'), ANSWER_TIMEOUT_MS);
    const finish = (problem: string): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      const answer = reader.result();
      if (answer === undefined || problem === 'timed out') socket.destroy();
      if (answer === undefined) reject(new NoAnswerError(`no answer on a kept connection: ${problem}`));
      else resolve(answer);
    };
    const onClose = (): void => finish('connection closed');
    const onData = (piece: Buffer): void => {
      try {
        reader.push(piece);
        if (reader.done) finish('');
      } catch (error) {
        clearTimeout(timer);
        socket.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    socket.on('data', onData).on('close', onClose);
    socket.write(bytes);
  });
}
