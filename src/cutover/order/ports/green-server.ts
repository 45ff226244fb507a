import { readFrames, frame } from '../../../follow/frames';
import { listRows } from '../../sides/side-list';
import { Side } from '../../sides/side';
import { idOfRow } from '../../traffic/rows';
import { OrderRefused, RESOURCES, SideAway, type Copy, type Holdings, type Resource, type Row } from '../nouns';
import type { Batch, GreenPort, GreenPosition, PlacedAnswer, Rules } from '../ports';
import { answerOf, messageFrames, messagesOf, readAnswers, type Message } from './follow-batches';
import { errorIn, FollowClient, type FollowAnswer, type GreenLimits } from './follow-client';

export const GREEN_LIMITS: GreenLimits = { silence: 10_000, counting: 120_000, patience: 2000 };

const ANSWERS_AT_ONCE = 500;
const PIECE_ROWS = 5000;
const PIECE_BYTES = 4 << 20;
/** Tries to read all rows without a place in between. */
const COPY_TRIES = 5;
const READERS = 2;
/** Up to which id the last piece of a copy goes, as green tells it. */
const GREATEST_ID = '9223372036854775807';

/** Green has another row where the owner created one: somebody wrote past the gateway, or these are not the journal's data. */
export class GreenConflict extends OrderRefused {
  override name = 'GreenConflict';

  constructor(
    readonly place: number,
    resource: string,
    id: string,
  ) {
    super(`green has a row of ${resource} ${id} already, which place ${place} creates`);
  }
}

interface Status {
  readonly state: string;
  readonly journal?: string;
  readonly place?: number;
  readonly nextIds: Readonly<Record<Resource, string>>;
  readonly kept: { readonly from: string | null; readonly count: number };
}

/** What a change of the journal is answered with; the end of a copy tells neither. */
interface Changed {
  readonly term: string;
  readonly place: number;
}

export interface GreenAddresses {
  readonly publicUrl: URL;
  readonly adminUrl: URL;
  readonly token: string;
}

/** The new server, by its follower's interface. */
export class GreenServer implements GreenPort {
  private readonly client: FollowClient;
  private readonly side: Side<string>;

  constructor(
    { publicUrl, adminUrl, token }: GreenAddresses,
    private readonly rules: Pick<Rules, 'idOf' | 'digestOf'>,
    limits: GreenLimits = GREEN_LIMITS,
  ) {
    this.client = new FollowClient(adminUrl, token, limits);
    this.side = new Side('green', publicUrl, { connections: READERS, answer: limits.silence });
  }

  async claim(): Promise<GreenPosition> {
    const status = await this.status();
    const { journal } = status;
    // A copy that was begun and not ended is the data of no journal.
    if (journal === undefined || status.state !== 'attached') {
      return { session: '', journal: null, appliedPlace: 0, answers: [], holdings: await this.holdings() };
    }
    const { term, place } = await this.change('/takeover', { journal });
    const answers = await this.keptAnswers(place);
    return { session: term, journal, appliedPlace: place, answers, holdings: await this.holdings() };
  }

  async apply(batch: Batch): Promise<readonly PlacedAnswer[]> {
    const answers: PlacedAnswer[] = [];
    for (const message of messagesOf(batch)) answers.push(...(await this.send(batch, message)));
    return answers;
  }

  /** As the copy is written in pieces, others see it grow; green takes no writes before its end, whatever crashes. */
  async replaceAll(copy: Copy, journal: string, _session: string, place: number): Promise<void> {
    const rows = (resource: Resource) => [copy.rows[resource]];
    await this.rebuild({ collections: rows('collections'), locations: rows('locations') }, copy.next, journal, place);
  }

  /**
   * As `replaceAll`, from rows that come in their order, some at a time.
   *
   * @throws SideAway, OrderRefused
   */
  async rebuild(
    rows: Readonly<Record<Resource, AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>>>,
    next: Readonly<Record<Resource, number>>,
    journal: string,
    place: number,
  ): Promise<void> {
    const before = (await this.status()).journal;
    const replace = before === undefined || before === journal ? {} : { replace: before };
    const { term } = await this.change('/rebuild', { journal, ...replace });
    for (const resource of RESOURCES) await this.copyRows(resource, rows[resource], { journal, term });
    const nextIds = { collections: String(next.collections), locations: String(next.locations) };
    await this.change('/rebuild/end', { journal, term, place, nextIds });
  }

  /** Follows a journal from behind a place on: green holds what the owner held there. @throws SideAway, OrderRefused */
  async attach(journal: string, place: number, next: Readonly<Record<Resource, number>>): Promise<void> {
    const nextIds = { collections: String(next.collections), locations: String(next.locations) };
    const before = (await this.status()).journal;
    await this.change('/attach', { journal, place, nextIds, ...(before === undefined ? {} : { replace: before }) });
  }

  async copy(): Promise<{ readonly copy: Copy; readonly place: number }> {
    for (let count = 0; count < COPY_TRIES; count++) {
      const before = await this.status();
      const [collections, locations] = await Promise.all([this.list('collections'), this.list('locations')]);
      const after = await this.status();
      const { place, nextIds } = before;
      if (place === undefined || before.state !== 'attached') throw new SideAway('green follows no journal');
      // All writes come with a place, so that nothing has changed where none was taken.
      if (after.place !== place || after.journal !== before.journal) continue;
      const next = { collections: Number(nextIds.collections), locations: Number(nextIds.locations) };
      return { copy: { rows: { collections, locations }, next }, place };
    }
    throw new SideAway(`green's rows changed while they were read, ${COPY_TRIES} times`);
  }

  /** Reads every row. @throws SideAway */
  async holdings(): Promise<Holdings> {
    interface Measured {
      readonly rows: Readonly<Record<Resource, { readonly count: number | string }>>;
    }
    const [{ rows }, { nextIds }] = await Promise.all([
      this.client.getSlowly('/follow/rows').then((answer) => json(done(answer)) as Measured),
      this.status(),
    ]);
    const of = (resource: Resource) => ({
      count: Number(rows[resource].count),
      next: { atLeast: Number(nextIds[resource]), exact: true },
    });
    return { collections: of('collections'), locations: of('locations') };
  }

  close(): void {
    this.client.close();
    this.side.close();
  }

  private async send(batch: Batch, message: Message): Promise<readonly PlacedAnswer[]> {
    const { client } = this;
    const ask = (keep: boolean) => client.postUntilKnown('/follow/writes', messageFrames(batch, message, keep));
    let answer = await ask(true);
    const isOwn = message.writes.some(({ expected }) => expected === null);
    // A follower's outcomes are known; what is not kept is only not told again.
    if (!isOwn && reasonIn(answer) === 'answers-full') answer = await ask(false);
    if (answer.status === 413 && message.writes.length === 1) return this.sendTooLarge(batch, message);
    const requests = new Map(message.writes.map((write) => [write.place, write]));
    const { about, answers, forgotten } = readAnswers(done(answer).body, this.rules, requests);
    if (about.conflict !== undefined) {
      const { place, resource, id } = about.conflict;
      throw new GreenConflict(place, resource, id);
    }
    const unknown = forgotten.find((place) => requests.has(place));
    if (unknown !== undefined) throw new SideAway(`green does not know what it answered to place ${unknown}`);
    if (about.place < message.upTo) throw new SideAway(`green is at place ${about.place}, and not at ${message.upTo}`);
    return answers;
  }

  /** A request that green takes from nobody keeps its place, without effect. */
  private async sendTooLarge(batch: Batch, message: Message): Promise<readonly PlacedAnswer[]> {
    const empty = { ...message, writes: [] };
    done(await this.client.postUntilKnown('/follow/writes', messageFrames(batch, empty, true)));
    const body = Buffer.from('{"detail":"Request body too large"}');
    const head = { status: 413, headers: ['content-type', 'application/json'] };
    return message.writes.map((write) => answerOf({ place: write.place, ...head }, body, this.rules, write));
  }

  private async copyRows(
    resource: Resource,
    rows: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
    own: { readonly journal: string; readonly term: string },
  ): Promise<void> {
    let [after, bytes, some]: [string | undefined, number, Row[]] = [undefined, 0, []];
    const send = async (through: string | undefined) => {
      const pieces = [...frame({ ...own, resource, after, through }), ...some.flatMap((row) => frame({}, row.bytes))];
      // A piece that is there already is refused as not next, and so is never written twice.
      done(
        await this.client.postUntilKnown('/follow/rebuild/rows', pieces),
        ({ filled }) => filled === (through ?? GREATEST_ID),
      );
      [after, bytes, some] = [through, 0, []];
    };
    for await (const more of rows) {
      for (const row of more) {
        const isFull = some.length === PIECE_ROWS || bytes + row.bytes.length > PIECE_BYTES;
        if (isFull && some.length > 0) await send(String(some.at(-1)?.id));
        some.push(row);
        bytes += row.bytes.length + 16;
      }
    }
    await send(undefined);
  }

  private async list(resource: Resource): Promise<Row[]> {
    const found: Row[] = [];
    try {
      for await (const rows of listRows(this.side, resource)) {
        for (const bytes of rows) found.push({ id: idOfRow(bytes) ?? 0, bytes: Buffer.from(bytes) });
      }
    } catch (error) {
      throw new SideAway((error as Error).message, { cause: error });
    }
    return found;
  }

  /** What green has kept up to this place. */
  private async keptAnswers(place: number): Promise<PlacedAnswer[]> {
    const { kept } = await this.status();
    const answers: PlacedAnswer[] = [];
    if (kept.from === null) return answers;
    for (let from = Number(kept.from); from <= place && answers.length < kept.count; from += ANSWERS_AT_ONCE) {
      const through = from + ANSWERS_AT_ONCE - 1;
      const { body } = done(await this.client.get(`/follow/answers?from=${from}&through=${through}`));
      for (const { head, body: bytes } of readFrames(body)) {
        const one = head as { readonly place: number; readonly status: number; readonly headers: string[] };
        answers.push(answerOf(one, bytes, this.rules, undefined));
      }
    }
    return answers;
  }

  private async status(): Promise<Status> {
    return json(done(await this.client.get('/follow'))) as Status;
  }

  private async change(path: string, message: object): Promise<Changed> {
    return json(
      done(await this.client.postUntilKnown(`/follow${path}`, [Buffer.from(JSON.stringify(message))])),
    ) as Changed;
  }
}

function json({ body }: FollowAnswer): unknown {
  return JSON.parse(body.toString());
}

function reasonIn(answer: FollowAnswer): unknown {
  return answer.status === 409 ? (json(answer) as { readonly reason: unknown }).reason : undefined;
}

/**
 * @param isDone tells of a refusal that it says that it was done before
 * @throws OrderRefused if green is not at what was asked for; SideAway if it cannot be asked
 */
function done(answer: FollowAnswer, isDone?: (refusal: { readonly filled?: unknown }) => boolean): FollowAnswer {
  if (answer.status === 200) return answer;
  const sentence = `green refuses with ${answer.status}: ${errorIn(answer)}`;
  if (answer.status !== 409) throw new SideAway(sentence);
  if (isDone?.(json(answer) as { readonly filled?: unknown }) === true) return answer;
  throw new OrderRefused(sentence);
}
