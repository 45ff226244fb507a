import { connect } from 'node:net';
import { serverUrl } from '../settings/option-values';
import type { RecordedRequest } from './exchange';
import { requestBytes } from './raw-request';
import { MalformedResponseError, ResponseReader, type RawResponse } from './raw-response';

export { requestBytes } from './raw-request';
export type { RawResponse } from './raw-response';

/** Where a server listens. */
export interface Target {
  host: string;
  port: number;
}

/** How long to wait, in milliseconds: for a connection, and from the first sent byte for the whole answer. */
export interface Timeouts {
  connect: number;
  answer: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 5_000, answer: 30_000 };

/** No connection could be made: the server is away. Nothing was sent. */
export class UnreachableError extends Error {
  override name = 'UnreachableError';
}

/** The request was sent, but no usable answer came; whether it took effect is unknown. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError';
}

// After a complete answer that announces the end of the connection, stray bytes may still follow: wait this long.
const CLOSE_GRACE_MS = 200;

/**
 * Reads `http://host[:port]`.
 * @throws TypeError if it is anything else: recorded targets are sent as they are, so a base path has no meaning
 */
export function parseTarget(url: string): Target {
  const parsed = serverUrl(url);
  if (parsed.protocol !== 'http:')
    throw new TypeError(`${JSON.stringify(url)} is not spoken to in the clear: write http://host:port`);
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 80) };
}

/** `host:port`, as people write it. */
export function targetName({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Sends one request, byte for byte, on a connection of its own, and reads the answer until it is complete. An answer
 * that comes before the request is read in full counts, as does one followed by a reset; a body that is cut off is
 * returned with `complete: false`.
 * @throws UnreachableError, NoAnswerError
 */
export function sendRaw(
  target: Target,
  request: RecordedRequest,
  timeouts: Timeouts = DEFAULT_TIMEOUTS,
): Promise<RawResponse> {
  return sendBytes(target, requestBytes(request), request.method, timeouts);
}

/** As {@link sendRaw} for bytes made elsewhere; `method` only tells whether the answer has a body (HEAD). */
export function sendBytes(
  target: Target,
  bytes: Buffer,
  method: string,
  timeouts: Timeouts = DEFAULT_TIMEOUTS,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const reader = new ResponseReader(method);
    const socket = connect({ ...target, noDelay: true });
    let connected = false;
    let timer = setTimeout(() => finish(`no connection after ${timeouts.connect} ms`), timeouts.connect);

    // Called once or more: only the first outcome counts, as always with a promise.
    function finish(problem: string): void {
      clearTimeout(timer);
      socket.destroy();
      const response = reader.result();
      if (response) resolve(response);
      else if (connected) reject(new NoAnswerError(`${targetName(target)} gave no answer: ${problem}`));
      else reject(new UnreachableError(`${targetName(target)} cannot be reached: ${problem}`));
    }

    socket.on('connect', () => {
      connected = true;
      clearTimeout(timer);
      timer = setTimeout(() => finish(`timed out after ${timeouts.answer} ms`), timeouts.answer);
      socket.write(bytes);
    });
    socket.on('data', (piece) => {
      try {
        reader.push(piece);
      } catch (error) {
        if (!(error instanceof MalformedResponseError)) throw error;
        clearTimeout(timer);
        socket.destroy();
        reject(new NoAnswerError(`${targetName(target)} sent what is not HTTP: ${error.message}`));
        return;
      }
      if (!reader.done) return;
      if (!reader.closes) {
        finish('');
        return;
      }
      clearTimeout(timer);
      timer = setTimeout(() => finish(''), CLOSE_GRACE_MS);
    });
    socket.on('end', () => finish('connection closed'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.on('close', () => finish('connection closed'));
  });
}
