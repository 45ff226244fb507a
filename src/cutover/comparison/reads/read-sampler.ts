import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasFollower } from '../../traffic/phase';
import type { SideName } from '../../traffic/side-name';
import type { RawRequest } from '../../traffic/raw-message';
import { Budget } from './answer-tap';
import { QuietReads, type QuietMoment } from './quiet-reads';
import { scopeOf } from './read-scope';
import { SampledRead, type ReadParts, type ReadToCompare, type SampleCounts } from './sampled-read';

export interface ReadSamplerParts extends ReadParts {
  /** Holds writes back until both sides have all of them; see {@link QuietMoment}. Without it such a moment is waited for. */
  readonly quiet?: QuietMoment;
}

/** Of a client's read: takes its answer as it goes by. */
export interface ReadSample {
  onAnswer(incoming: IncomingMessage): void;
}

/** Comparisons under way at once. */
const MOST = 32;

/**
 * Chooses reads of clients and has both sides answer them, so that the answers can be compared. Clients never wait for it:
 * their own answer is looked at while it goes by.
 */
export class ReadSampler {
  readonly counts: SampleCounts = { sampled: 0, compared: 0, between: 0, unanswered: 0 };
  private readonly budget = new Budget();
  private readonly quiet: QuietReads;
  private due = 0;
  private underWay = 0;

  /** @param share the part of the reads that is compared, from 0 to 1 */
  constructor(
    private readonly parts: ReadSamplerParts,
    private readonly share: number,
  ) {
    this.quiet = new QuietReads(parts, this.budget, this.counts);
  }

  /** Chooses this read or not. @param side the one that is going to answer the client */
  sample(
    request: Omit<RawRequest, 'body'>,
    route: string,
    side: SideName,
    response: ServerResponse,
  ): ReadSample | undefined {
    const { recent, now, observer } = this.parts;
    const { phase, isFed } = now();
    if (!hasFollower(phase) || !isFed || !recent.isReady || this.share === 0) return undefined;
    const { method, target } = request;
    const isWanted = observer.onRead(method, route);
    this.due = Math.min(this.due + this.share, 1);
    if ((!isWanted && this.due < 1) || this.underWay >= MOST) return undefined;
    this.due = Math.max(0, this.due - 1);
    const read = { request, route, scope: scopeOf(method, route, target) };
    return this.begin(read, side, response, isWanted);
  }

  /** Ends what waits for a quieter moment. */
  stop(): void {
    this.quiet.stop();
  }

  private begin(read: ReadToCompare, side: SideName, response: ServerResponse, isWanted: boolean): ReadSample {
    const sampled = new SampledRead(this.parts, this.budget, read, side);
    this.counts.sampled++;
    this.underWay++;
    let isAnswered = false;
    const end = () => {
      this.underWay--;
      sampled.end();
    };
    // The client may leave before there is an answer, or get the other side's after all.
    response.once('close', () => {
      if (isAnswered) return;
      isAnswered = true;
      this.counts.unanswered++;
      end();
    });
    return {
      onAnswer: (incoming) => {
        if (isAnswered) return;
        isAnswered = true;
        void this.compare(sampled, incoming, read, isWanted).finally(end);
      },
    };
  }

  private async compare(
    sampled: SampledRead,
    incoming: IncomingMessage,
    read: ReadToCompare,
    isWanted: boolean,
  ): Promise<void> {
    const first = await sampled.tap(incoming);
    const outcome = first === undefined ? 'unanswered' : await sampled.compare(first);
    if (outcome !== 'between' || !this.quiet.add(read, isWanted)) this.counts[outcome]++;
  }
}
