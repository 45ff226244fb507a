import type { Answer, Counts, Holdings, Request, Resource, Row } from '../../order/nouns';
import type { BluePort } from '../../order/ports';
import type { Watch } from './watch';

/** Blue, of whose answers the comparison is told. */
export class WatchedBlue implements BluePort {
  constructor(
    private readonly port: BluePort,
    private readonly watch: Watch,
  ) {}

  async send(request: Request): Promise<Answer> {
    const { pairs, reads } = this.watch;
    const isOwner = this.watch.owner() === 'blue';
    const started = performance.now();
    const sent = this.port.send(request);
    // In the same step: a read that belongs behind it must go before the next one.
    if (!isOwner) reads.blueWasGiven(request);
    try {
      const answer = await sent;
      const heard = { side: 'blue', request, answer, milliseconds: performance.now() - started } as const;
      if (isOwner) {
        reads.blueAnswered(request, answer);
        pairs.ownerAnswered(heard);
      } else pairs.followerAnswered(heard);
      return answer;
    } catch (error) {
      reads.reset();
      if (isOwner) pairs.failed('blue', request, performance.now() - started);
      else pairs.followerLost(request);
      throw error;
    }
  }

  reconnect(): Promise<void> {
    this.watch.reads.reset();
    return this.port.reconnect();
  }

  rowsFrom(resource: Resource, id: number, through?: number): Promise<readonly Row[] | null> {
    return this.port.rowsFrom(resource, id, through);
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
