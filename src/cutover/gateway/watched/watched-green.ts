import type { Copy, Holdings, Request, Resource } from '../../order/nouns';
import type { Batch, GreenPlace, GreenPort, PlacedAnswer, Takeover, Written } from '../../order/ports';
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

  write(batch: Batch): Promise<Written> {
    const { reads } = this.watch;
    return reads.inTurn(async () => {
      const cut = reads.cutIn(batch.writes);
      const last = batch.writes[cut - 1];
      if (last === undefined || cut === batch.writes.length) return this.writeWhole(batch);
      const first = await this.writeWhole({ ...batch, upTo: last.place, writes: batch.writes.slice(0, cut) });
      if (first.conflict !== null || first.place < last.place) return first;
      // If this fails, what was done is not lost: the order asks green how far it is.
      const rest = await this.writeWhole({ ...batch, after: last.place, writes: batch.writes.slice(cut) });
      return { ...rest, answers: [...first.answers, ...rest.answers] };
    });
  }

  rebuild(copy: Copy, journal: string, term: string, place: number): Promise<string> {
    this.watch.reads.reset();
    return this.port.rebuild(copy, journal, term, place);
  }

  attach(journal: string, place: number, next: Partial<Record<Resource, number>>): Promise<string> {
    this.watch.reads.reset();
    return this.port.attach(journal, place, next);
  }

  holdings(journal: string): Promise<GreenPlace & { readonly holdings: Holdings }> {
    return this.port.holdings(journal);
  }

  rows(journal: string): Promise<GreenPlace & { readonly copy: Copy }> {
    return this.port.rows(journal);
  }

  private async writeWhole(batch: Batch): Promise<Written> {
    const { reads, owner } = this.watch;
    const isOwner = owner() === 'green';
    const started = performance.now();
    try {
      const written = await this.port.write(batch);
      this.tell(batch, written, isOwner, performance.now() - started);
      const applied = new Set(written.answers.filter(({ status }) => status < 300).map(({ place }) => place));
      const there = batch.writes.filter(({ place }) => place <= written.place);
      if (isOwner) reads.greenAnswered(there.findLast(({ place }) => applied.has(place))?.request);
      else await reads.greenWasGiven(there.map(({ request }) => request));
      return written;
    } catch (error) {
      reads.reset();
      this.watch.pairs.failed('green', batch.writes[0]?.request, performance.now() - started);
      throw error;
    }
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
