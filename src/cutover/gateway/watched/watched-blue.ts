import type { Answer, Counts, Holdings, Request, Resource, Row, RowStream } from '../../order/nouns';
import type { BluePort } from '../../order/ports';
import type { Watch } from './watch';

/** Blue, of whose answers the comparison is told. */
export class WatchedBlue implements BluePort {
  constructor(
    private readonly port: BluePort,
    private readonly watch: Watch,
  ) {}

  async send(request: Request): Promise<Answer> {
    const { pairs } = this.watch;
    const isOwner = this.watch.owner() === 'blue';
    const started = performance.now();
    try {
      const answer = await this.port.send(request);
      const heard = { side: 'blue', request, answer, milliseconds: performance.now() - started } as const;
      if (isOwner) pairs.ownerAnswered(heard);
      else pairs.followerAnswered(heard);
      return answer;
    } catch (error) {
      if (isOwner) pairs.failed('blue', request, performance.now() - started);
      else pairs.followerLost(request);
      throw error;
    }
  }

  reconnect(): Promise<void> {
    return this.port.reconnect();
  }

  rowsFrom(resource: Resource, id: number, through?: number): Promise<readonly Row[] | null> {
    return this.port.rowsFrom(resource, id, through);
  }

  list(resource: Resource): RowStream {
    return this.port.list(resource);
  }

  row(resource: Resource, id: number): Promise<Buffer | undefined> {
    return this.port.row(resource, id);
  }

  counts(): Promise<Counts> {
    return this.port.counts();
  }

  holdings(): Promise<Holdings> {
    return this.port.holdings();
  }
}
