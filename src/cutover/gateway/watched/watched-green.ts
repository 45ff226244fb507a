import type { Copy, Holdings, Request, Resource } from '../../order/nouns';
import type { Batch, GreenPlace, GreenPort, GreenSnapshot, PlacedAnswer, Takeover, Written } from '../../order/ports';
import type { Watch } from './watch';

/** In a batch of more writes green catches up, so that the time says nothing of one of them. */
const TIMED = 32;

/** Green, of whose answers the comparison is told. */
export class WatchedGreen implements GreenPort {
  constructor(
    private readonly port: GreenPort,
    private readonly watch: Watch,
  ) {}

  async takeover(journal: string): Promise<Takeover> {
    const started = performance.now();
    try {
      return await this.port.takeover(journal);
    } catch (error) {
      // Nothing else is sent to an owner that does not answer, and so nothing else shows that it fails its clients.
      if (this.watch.owner() === 'green') this.watch.pairs.failed('green', undefined, performance.now() - started);
      throw error;
    }
  }

  look(journal: string): Promise<GreenPlace> {
    return this.port.look(journal);
  }

  answers(from: number, through: number): Promise<readonly PlacedAnswer[]> {
    return this.port.answers(from, through);
  }

  async write(batch: Batch): Promise<Written> {
    const isOwner = this.watch.owner() === 'green';
    const started = performance.now();
    try {
      const written = await this.port.write(batch);
      this.tell(batch, written, isOwner, performance.now() - started);
      return written;
    } catch (error) {
      this.watch.pairs.failed('green', batch.writes[0]?.request, performance.now() - started);
      throw error;
    }
  }

  rebuild(copy: Copy, journal: string, term: string, place: number): Promise<string> {
    return this.port.rebuild(copy, journal, term, place);
  }

  attach(journal: string, place: number, next: Partial<Record<Resource, number>>): Promise<string> {
    return this.port.attach(journal, place, next);
  }

  holdings(journal: string): Promise<GreenPlace & { readonly holdings: Holdings }> {
    return this.port.holdings(journal);
  }

  snapshot(journal: string): Promise<GreenSnapshot> {
    return this.port.snapshot(journal);
  }

  private tell({ writes }: Batch, { answers }: Written, isOwner: boolean, took: number): void {
    const { pairs } = this.watch;
    const requests = new Map<number, Request>(writes.map(({ place, request }) => [place, request]));
    const milliseconds = writes.length <= TIMED ? took : undefined;
    for (const { place, answer } of answers) {
      const request = requests.get(place);
      if (request === undefined || answer === undefined) continue;
      const heard = { side: 'green', request, answer, milliseconds } as const;
      if (isOwner) pairs.ownerAnswered(heard);
      else pairs.followerAnswered(heard, place);
    }
  }
}
