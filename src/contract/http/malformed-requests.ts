import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection, Connections } from './connections';
import { endSoon } from './end-soon';
import { afterReading, once, whenClient } from './guard';
import { MALFORMED, malformedAnswer, TIMED_OUT } from './malformed-answers';
import type { Turn } from './turn';

/** Node's words for the end of the client's sending half within a message, and for a message that takes too long. */
const CUT_SHORT = 'HPE_INVALID_EOF_STATE';
const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Answers what node's parser refuses as the old server did. Node may report one fault twice, which is answered once. */
export class MalformedRequests {
  /** @param timeout milliseconds that a client has to send a whole request. */
  constructor(
    private readonly turn: Turn,
    private readonly timeout: number,
  ) {}

  /** Answers all that node's parser refuses. */
  listen(server: Server, connections: Connections): void {
    whenClient(server, 'clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const connection = connections.of(socket);
      if (error.code === CUT_SHORT) this.endBehindAnswers(connection);
      else if (error.code !== TOO_LATE) this.answer(connection, malformedAnswer(error.code));
      else this.judgeLate(connection);
    });
  }

  /** Refuses a request that node's parser let through. It is not the connection's latest: its own answer never comes. */
  refuse(connection: Connection): void {
    this.answer(connection, MALFORMED);
  }

  /** Answers a client that took too long to send a request. */
  timeOut(connection: Connection): void {
    this.answer(connection, TIMED_OUT);
  }

  /** A server that was busy may not have read what came in time: that is done before the client is blamed. */
  private judgeLate(connection: Connection): void {
    const { latest } = connection;
    afterReading(connection.socket, () => {
      if (connection.latest === latest ? !connection.excuse(this.timeout) : !connection.renew())
        this.timeOut(connection);
    });
  }

  /** The old server said nothing to half a request, but answered those before it. */
  private endBehindAnswers({ latest, isBusy, socket }: Connection): void {
    if (latest === undefined || !isBusy) socket.destroySoon();
    else once(socket, latest, 'close', () => socket.destroySoon());
  }

  private answer(connection: Connection, answer: string | undefined): void {
    const { socket } = connection;
    if (connection.isRefused) return;
    connection.isRefused = true;
    if (answer === undefined || !socket.writable) socket.destroy();
    else this.answerAfter(connection, () => endSoon(socket, answer));
  }

  /**
   * Answers malformed bytes. The old server answered them at once if they came with the last request or inside its body: what
   * it was asked to do was done all the same, but its answer was lost. Bytes that come later find the request answered.
   */
  private answerAfter(connection: Connection, end: () => void): void {
    const { latest, current, isBusy, socket } = connection;
    if (latest === undefined || !isBusy || latest.destroyed) end();
    else if (latest.headersSent || (latest.req.complete && latest.turn !== this.turn.current()))
      once(socket, latest, 'close', end);
    else {
      connection.isOvertaken = true;
      // An answer that has been begun is not torn apart.
      if (current?.headersSent === true && !current.writableFinished) once(socket, current, 'close', end);
      else if (latest.handled) latest.instead = end;
      else {
        for (const response of [latest, current]) if (response !== undefined) response.instead = () => undefined;
        end();
      }
    }
  }
}
