import { Side } from '../../sides/side';
import {
  SideAway,
  type Answer,
  type Counts,
  type Holdings,
  type Request,
  type Resource,
  type Row,
  type RowStream,
} from '../nouns';
import type { BluePort } from '../ports';
import { BlueReader } from './blue-reader';
import { Pipeline, type PipelineLimits } from './pipeline';
import { requestPieces, UNREADABLE } from './request-bytes';

export interface BlueLimits extends PipelineLimits {
  /** Bytes of the largest request that this run or one before may have sent. */
  readonly largestRequest: number;
  /** Milliseconds of silence, within which the server makes the whole of a list: a million rows take it some ten seconds. */
  readonly list: number;
  /** Milliseconds in which the server is to end a connection that was ended on this side. */
  readonly close: number;
}

export const BLUE_LIMITS: BlueLimits = {
  depth: 16,
  bytes: 1 << 20,
  answerBytes: 64 << 20,
  largestRequest: 16 << 20,
  connect: 5000,
  firstByte: 5000,
  silence: 5000,
  list: 120_000,
  close: 2000,
  idle: 4000,
};

const PROBE = '/health';
/** Connections for reading. */
const READERS = 4;
/** What a turn of the server's event loop reads of what is there, see `reconnect`: uvloop and asyncio take twice as much. */
const READ_AT_ONCE = 128 << 10;
/** What can lie in the server's socket: Linux gives it up to 6 MB (tcp_rmem). */
const SOCKET_BYTES = 8 << 20;

/** The old server, by its public API. */
export class BlueServer implements BluePort {
  private readonly pipeline: Pipeline;
  private readonly reader: BlueReader;
  private readonly side: Side<string>;
  private readonly lists: Side<string>;
  private readonly probe: Buffer[];
  /** The most bytes that earlier connections may have left; those of a run before are not known. */
  private bytesLeft: number;
  private isSettled = false;
  private reconnecting: Promise<void> = Promise.resolve();

  /** @param url `http://host:port` */
  constructor(
    url: URL,
    private readonly limits: BlueLimits = BLUE_LIMITS,
  ) {
    const { connect, silence } = limits;
    this.side = new Side('blue', url, { connections: READERS, answer: silence, connect });
    this.pipeline = new Pipeline(this.side.target, limits, 'blue');
    this.lists = new Side('blue', url, { connections: READERS, answer: limits.list, connect });
    this.reader = new BlueReader(this.side, this.lists);
    this.probe = [Buffer.from(`GET ${PROBE} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`)];
    this.bytesLeft = Math.max(limits.bytes, limits.largestRequest);
  }

  send(request: Request): Promise<Answer> {
    if (!this.isSettled || !this.pipeline.isOpen) {
      return Promise.reject(new SideAway('blue: the connection is broken'));
    }
    const pieces = requestPieces(request);
    // It changes nothing there, so its turn does not matter.
    return pieces === undefined ? Promise.resolve(UNREADABLE) : this.pipeline.send(pieces);
  }

  /**
   * Nothing that was sent before can take effect once this has resolved. What may be left of it, and why it is over:
   *
   * 1. On the way, or in the server's socket: the old connection was ended on this side, and so the server reads its end
   *    behind everything else. uvicorn then closes it; this waits for that, through the network and proxies of TCP. A server
   *    that stands still does not, and there is no connection until it goes on.
   * 2. Where the connection was cut by somebody else, or by the end of this gateway, the rest lies in the server's socket.
   *    It was there before the new connection, and its event loop reads what is there in the turn in which it accepts a
   *    later one, or, while it has stopped reading, after the answers that it waits for: a piece each turn.
   * 3. In the server's memory are requests that it has read. It carries them out one after the other, each in one turn of
   *    its event loop, because the old program's handlers wait for nothing.
   *
   * A request that is sent when the one before it is answered takes at least one turn. So there are as many, one after the
   * other, as turns are needed for all requests and bytes that could be left. (What a network has lost and sends again after
   * the end of a gateway is not covered: there, the gateway belongs on the old server's machine.)
   */
  reconnect(): Promise<void> {
    this.reconnecting = this.reconnecting.catch(() => undefined).then(() => this.settle());
    return this.reconnecting;
  }

  rowsFrom(resource: Resource, id: number, through?: number): Promise<readonly Row[] | null> {
    return this.reader.rowsFrom(resource, id, through);
  }

  list(resource: Resource): RowStream {
    return this.reader.list(resource);
  }

  row(resource: Resource, id: number): Promise<Buffer | undefined> {
    return this.reader.row(resource, id);
  }

  counts(): Promise<Counts> {
    return this.reader.counts();
  }

  holdings(): Promise<Holdings> {
    return this.reader.holdings();
  }

  /** Lets all connections go. */
  close(): void {
    this.isSettled = false;
    this.pipeline.break('the gateway stops');
    this.pipeline.left.letGo();
    this.side.close();
    this.lists.close();
  }

  private async settle(): Promise<void> {
    const { pipeline, limits } = this;
    this.isSettled = false;
    pipeline.break('the connection is made anew');
    this.bytesLeft = Math.max(this.bytesLeft, pipeline.takeBytesLeft());
    const turns = 2 * limits.depth + Math.ceil(Math.min(this.bytesLeft, SOCKET_BYTES) / READ_AT_ONCE);
    const haveEnded = await pipeline.left.haveEnded(limits.close);
    await pipeline.open();
    await pipeline.send(this.probe, true);
    // It is at work, but somebody on the way keeps the old connection.
    if (!haveEnded && !(await pipeline.left.haveEnded(limits.close))) pipeline.left.letGo();
    for (let count = 0; count < turns; count++) await pipeline.send(this.probe, true);
    this.bytesLeft = 0;
    this.isSettled = true;
  }
}
