import { RESOURCES, SideAway, type Copy, type Holdings, type Resource } from '../nouns';
import type { Batch, GreenPlace, GreenPort, GreenSnapshot, PlacedAnswer, Rules, Takeover, Written } from '../ports';
import { CopyPieces } from './copy-pieces';
import { done, errorIn, jsonOf, reasonIn, type FollowAnswer } from './follow-answer';
import { answerOf, messageFrames, messagesOf, readAnswers, readKept, type Message } from './follow-batches';
import { FollowClient, type GreenLimits } from './follow-client';
import { openSnapshot, type Followed, type Status } from './snapshot';

export const GREEN_LIMITS: GreenLimits = { silence: 10_000, counting: 120_000, patience: 2000 };

const ANSWERS_AT_ONCE = 500;
/** Tries to read all rows without a place in between. */
const SNAPSHOT_TRIES = 5;

interface Measured extends Followed {
  readonly rows: Readonly<Record<Resource, { readonly count: number; readonly digest: string }>>;
}

/** What a change of the journal is answered with; the end of a copy tells none of it. */
interface Changed {
  readonly state?: GreenPlace['state'];
  readonly term: string;
  readonly place: number;
}

export interface GreenAddresses {
  readonly adminUrl: URL;
  readonly token: string;
}

const DETACHED = { state: 'detached', place: 0 } as const;

/** The new server, by its follower's interface. */
export class GreenServer implements GreenPort {
  private readonly client: FollowClient;

  constructor(
    { adminUrl, token }: GreenAddresses,
    private readonly rules: Pick<Rules, 'idOf' | 'digestOf'>,
    limits: GreenLimits = GREEN_LIMITS,
  ) {
    this.client = new FollowClient(adminUrl, token, limits);
  }

  async takeover(journal: string): Promise<Takeover> {
    const answer = await this.post('/takeover', { journal });
    const reason = reasonIn(answer);
    if (reason === 'detached' || reason === 'journal') return { ...DETACHED, term: '' };
    const { state = 'attached', place, term } = jsonOf(done(answer)) as Changed;
    return { state, place: state === 'attached' ? place : 0, term };
  }

  async look(journal: string): Promise<GreenPlace> {
    return placeOf(await this.status(), journal);
  }

  async answers(from: number, through: number): Promise<readonly PlacedAnswer[]> {
    const answers: PlacedAnswer[] = [];
    for (let first = from; first <= through; first += ANSWERS_AT_ONCE) {
      const last = Math.min(through, first + ANSWERS_AT_ONCE - 1);
      const { body } = done(await this.client.get(`/follow/answers?from=${first}&through=${last}`));
      answers.push(...readKept(body, this.rules));
    }
    return answers;
  }

  async write(batch: Batch): Promise<Written> {
    const answers: PlacedAnswer[] = [];
    let place = batch.after;
    for (const message of messagesOf(batch)) {
      const written = await this.send(batch, message);
      answers.push(...written.answers);
      place = written.place;
      if (written.conflict !== null || place < message.upTo) return { place, answers, conflict: written.conflict };
    }
    return { place, answers, conflict: null };
  }

  async rebuild(copy: Copy, journal: string, term: string, place: number): Promise<string> {
    const status = await this.status();
    const begin = { journal, ...replacing(status, journal), ...(status.journal === journal ? { term } : {}) };
    const begun = jsonOf(done(await this.post('/rebuild', begin))) as Changed;
    const pieces = new CopyPieces(this.client, { journal, term: begun.term });
    for (const resource of RESOURCES) await pieces.send(resource, copy.rows(resource));
    const nextIds = { collections: String(copy.next.collections), locations: String(copy.next.locations) };
    done(await this.post('/rebuild/end', { journal, term: begun.term, place, nextIds }));
    return begun.term;
  }

  async attach(journal: string, place: number, next: Partial<Record<Resource, number>>): Promise<string> {
    const nextIds = Object.fromEntries(Object.entries(next).map(([resource, id]) => [resource, String(id)]));
    const answer = await this.post('/attach', { journal, place, nextIds, ...replacing(await this.status()) });
    if (reasonIn(answer) === 'term') {
      // So is a request whose answer was lost, when it is sent again.
      const there = await this.takeover(journal);
      if (there.state === 'attached' && there.place === place) return there.term;
    }
    return (jsonOf(done(answer)) as Changed).term;
  }

  async holdings(journal: string): Promise<GreenPlace & { readonly holdings: Holdings }> {
    for (let count = 0; count < SNAPSHOT_TRIES; count++) {
      const [measured, status] = [await this.measure(), await this.status()];
      if (!isSamePlace(measured, status)) continue;
      const of = (resource: Resource) => ({
        count: measured.rows[resource].count,
        next: { atLeast: Number(status.nextIds[resource]), exact: true },
      });
      return { ...placeOf(status, journal), holdings: { collections: of('collections'), locations: of('locations') } };
    }
    throw changing();
  }

  async snapshot(journal: string): Promise<GreenSnapshot> {
    const { about, pages, close } = await openSnapshot(await this.client.getInPieces('/follow/snapshot'));
    const next = { collections: Number(about.nextIds.collections), locations: Number(about.nextIds.locations) };
    return { ...placeOf(about, journal), next, pages, close };
  }

  close(): void {
    this.client.close();
  }

  private async send(batch: Batch, message: Message): Promise<Written> {
    const { client } = this;
    const ask = (keep: boolean) => client.postUntilKnown('/follow/writes', messageFrames(batch, message, keep));
    let answer = await ask(true);
    const isOwn = message.writes.some(({ expected }) => expected === null);
    // A follower's outcomes are known; what is not kept is only not told again.
    if (!isOwn && reasonIn(answer) === 'answers-full') answer = await ask(false);
    if (answer.status === 400 || answer.status === 413) return this.sendSingly(batch, message, answer);
    const { about, answers, forgotten } = readAnswers(done(answer).body, this.rules, message.writes);
    const unknown = forgotten.find((place) => message.writes.some((write) => write.place === place));
    if (unknown !== undefined) throw new SideAway(`green does not know what it answered to place ${unknown}`);
    return { place: about.place, answers, conflict: about.conflict?.place ?? null };
  }

  /** Green takes one of these from nobody: it keeps its place, without effect. */
  private async sendSingly(batch: Batch, message: Message, refusal: FollowAnswer): Promise<Written> {
    const { writes, from, upTo } = message;
    const [write] = writes;
    if (write === undefined) throw new SideAway(`green refuses with ${refusal.status}: ${errorIn(refusal)}`);
    if (writes.length > 1) {
      const half = writes.slice(0, writes.length >> 1);
      const end = half.at(-1)?.place ?? upTo;
      const first = await this.send(batch, { from, upTo: end, writes: half });
      if (first.conflict !== null || first.place < end) return first;
      const rest = await this.send(batch, { from: end + 1, upTo, writes: writes.slice(half.length) });
      return { ...rest, answers: [...first.answers, ...rest.answers] };
    }
    const empty = await this.send(batch, { ...message, writes: [] });
    const { status } = refusal;
    const body = Buffer.from(JSON.stringify({ detail: errorIn(refusal) }));
    const head = { place: write.place, status, headers: ['content-type', 'application/json'] };
    return { ...empty, answers: [answerOf(head, body, this.rules, write)] };
  }

  /** Reads every row. */
  private async measure(): Promise<Measured> {
    return jsonOf(done(await this.client.getSlowly('/follow/rows'))) as Measured;
  }

  private async status(): Promise<Status> {
    return jsonOf(done(await this.client.get('/follow'))) as Status;
  }

  private post(path: string, message: object): Promise<FollowAnswer> {
    return this.client.postUntilKnown(`/follow${path}`, [Buffer.from(JSON.stringify(message))]);
  }
}

function placeOf({ state, journal: attached, place = 0 }: Followed, journal: string): GreenPlace {
  if (attached !== journal) return DETACHED;
  return { state, place: state === 'attached' ? place : 0 };
}

function isSamePlace(one: Followed, other: Followed): boolean {
  return one.state === other.state && one.journal === other.journal && one.place === other.place;
}

function changing(): SideAway {
  return new SideAway(`green's rows changed while they were read, ${SNAPSHOT_TRIES} times`);
}

/** What a request must say of the journal that green follows until now. */
function replacing({ journal: before, term }: Followed, journal?: string): { replace?: string; term?: string } {
  if (before === undefined || before === journal) return {};
  return { replace: before, ...(term === undefined ? {} : { term }) };
}
