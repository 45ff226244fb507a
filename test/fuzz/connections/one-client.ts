import { connect, type Socket } from 'node:net';
import { AnswerReader, type Answer } from './answers';

/** One request of an ordinary client. */
export interface PlainRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
}

/** A client that sends a request, waits for its answer whole, and sends the next on the same connection. */
export class OneClient {
  private socket: Socket | undefined;

  constructor(
    private readonly host: string,
    private readonly port: number,
    private readonly patience: number,
  ) {}

  /** The answer, its body whole. @throws Error if there is none within the patience */
  ask({ method, path, body }: PlainRequest): Promise<Answer> {
    const framing = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const text = `${method} ${path} HTTP/1.1\r\nHost: api.example\r\n${framing}\r\n${body ?? ''}`;
    return new Promise((resolve, reject) => {
      const socket = this.socket ?? this.open();
      const timer = setTimeout(() => fail(`no answer within ${this.patience} ms`), this.patience);
      const done = (): void => {
        clearTimeout(timer);
        socket.removeAllListeners('data').off('close', onClose).off('error', onError);
      };
      const fail = (reason: string): void => {
        done();
        this.close();
        reject(new Error(`${method} ${path}: ${reason}`));
      };
      const onError = (error: Error): void => fail(error.message);
      const onClose = (): void => fail('the connection was closed');
      const reader = new AnswerReader(
        (answer) => {
          done();
          if (answer.closes) this.close();
          resolve(answer);
        },
        undefined,
        Infinity,
      );
      socket.on('data', (bytes: Buffer) => {
        reader.push(bytes);
        if (reader.problem !== undefined) fail(reader.problem);
      });
      socket.once('close', onClose).once('error', onError).write(text);
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    this.socket = socket;
    // An end between two requests is met by the next one.
    socket.on('error', () => undefined);
    return socket;
  }
}
