import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  OrderRefused,
  SideAway,
  type Copy,
  type Request,
  type Resource,
  type Row,
} from '../../../src/cutover/order/nouns';
import type { Batch, PlacedRequest } from '../../../src/cutover/order/ports';
import { GREEN_LIMITS, GreenServer } from '../../../src/cutover/order/ports/green-server';
import { digestOf } from '../../../src/cutover/traffic/raw-message';
import { idOfRow } from '../../../src/cutover/traffic/rows';
import { aCollection } from '../../../harness/samples';
import { query } from '../../../harness/postgres-cluster';
import type { ServerProcess } from '../../../harness/server-process';
import { useServers } from '../../support/use-servers';
import { BreakingProxy } from './breaking-proxy';

const TOKEN = 'a-token-for-the-order';
const RULES = { idOf: ({ body }: { body: Buffer }) => idOfRow(body), digestOf };

/** Comes in pieces of a size that nothing else has. */
async function* inPieces(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += 333) yield await Promise.resolve(rows.slice(at, at + 333));
}
const copyOf = (collections: readonly Row[], next: Record<Resource, number>): Copy => ({
  rows: (resource) => inPieces(resource === 'collections' ? collections : []),
  highest: { collections: collections.at(-1)?.id ?? 0, locations: 0 },
  next,
});
const EMPTY = copyOf([], { collections: 1, locations: 1 });

const post = (location: string): Request => ({
  ...{ method: 'POST', target: '/api/collections', headers: ['Content-Type', 'application/json'] },
  body: Buffer.from(JSON.stringify(aCollection({ location }))),
});
const remove = (id: number): Request => ({
  ...{ method: 'DELETE', target: `/api/collections/${id}`, headers: [], body: Buffer.alloc(0) },
});
const row = (id: number, location: string) => ({
  id,
  bytes: Buffer.from(
    `{"id":${id},"location":"${location}","waste_type":"paper","quantity":1.5,"unit":"kg","collected_date":"2024-01-15T10:30:00","status":"pending"}`,
  ),
});
const VERBS = { POST: 'create', PUT: 'replace', DELETE: 'delete' } as const;
const routeOf = ({ method }: Request) =>
  ({ resource: 'collections', verb: VERBS[method as keyof typeof VERBS] }) as const;
const own = (place: number, request: Request): PlacedRequest => ({
  ...{ place, request, id: null, expected: null },
  ...routeOf(request),
});
const given = (place: number, request: Request, id: number | null): PlacedRequest => ({
  ...{ place, request, id },
  ...routeOf(request),
  expected: id === null ? 'refused' : 'applied',
});

describe('the new server by its follower’s interface', () => {
  const { databaseUrl, startServer } = useServers();
  const opened: { close(): void }[] = [];
  let server: ServerProcess;
  let journal: string;

  beforeEach(async () => {
    server = await startServer({ FOLLOW_TOKEN: TOKEN });
    await query(databaseUrl(), 'truncate collections, locations, id_counters, followed_journal, followed_answers');
    journal = randomUUID();
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  function greenAt(adminUrl: string, limits = GREEN_LIMITS): GreenServer {
    const addresses = { adminUrl: new URL(adminUrl), token: TOKEN };
    const green = new GreenServer(addresses, RULES, limits);
    opened.push(green);
    return green;
  }

  /** A green that holds nothing and is at place 0, and the term. */
  async function following(adminUrl = server.adminUrl): Promise<{ green: GreenServer; term: string }> {
    const green = greenAt(adminUrl);
    await green.rebuild(EMPTY, journal, '', 0);
    return { green, term: (await green.takeover(journal)).term };
  }

  const batch = (term: string, after: number, upTo: number, writes: PlacedRequest[]): Batch => ({
    ...{ journal, term, after, upTo, writes, settled: 0 },
  });
  /** Of all collections, in the order of their ids. */
  const names = async () =>
    (await query(databaseUrl(), 'select location from collections order by id')).map((one) => {
      const [name] = Object.values(one);
      return String(name);
    });

  it('belongs to no journal before it was given a copy, and to this one from then on', async () => {
    const green = greenAt(server.adminUrl);
    expect(await green.takeover(journal)).toEqual({ state: 'detached', place: 0, term: '' });
    expect(await green.look(journal)).toEqual({ state: 'detached', place: 0 });
    const rows = Array.from({ length: 12_000 }, (_, at) => row(2 * at + 1, `row ${at}`));
    const next = { collections: 30_000, locations: 4 };
    const term = await green.rebuild(copyOf(rows, next), journal, '', 77);
    expect(await green.look(journal)).toEqual({ state: 'attached', place: 77 });
    expect(await green.look(randomUUID())).toEqual({ state: 'detached', place: 0 });
    expect(await green.holdings(journal)).toEqual({
      ...{ state: 'attached', place: 77 },
      holdings: {
        collections: { count: 12_000, next: { atLeast: 30_000, exact: true } },
        locations: { count: 0, next: { atLeast: 4, exact: true } },
      },
    });
    const snapshot = await green.snapshot(journal);
    expect(snapshot).toMatchObject({ state: 'attached', place: 77, next });
    // What is written now is not in it.
    expect(await green.write(batch(term, 77, 78, [own(78, post('later'))]))).toMatchObject({ place: 78 });
    const found: Row[] = [];
    for await (const page of snapshot.pages) if (page.resource === 'collections') found.push(...page.rows);
    const textOf = (some: readonly Row[]) => some.map(({ id, bytes }) => `${id} ${bytes.toString()}`).join('\n');
    expect(textOf(found)).toBe(textOf(rows));
    // The term that the copy ended with is the one in which writes are taken.
    expect(await green.write(batch(term, 78, 79, [own(79, post('next'))]))).toMatchObject({ place: 79 });
    const taken = await green.takeover(journal);
    expect(taken).toMatchObject({ state: 'attached', place: 79 });
    expect(taken.term).not.toBe(term);
  });

  it('lets a snapshot go that is not read, so that the next one can be opened', async () => {
    const green = greenAt(server.adminUrl);
    const rows = Array.from({ length: 40_000 }, (_, at) => row(at + 1, `row ${at}`.padEnd(200)));
    await green.rebuild(copyOf(rows, { collections: 50_000, locations: 1 }), journal, '', 3);
    for (let count = 0; count < 3; count++) {
      const snapshot = await green.snapshot(journal);
      for await (const { rows: some } of snapshot.pages) {
        expect(some[0]).toEqual(rows[0]);
        break;
      }
      await snapshot.close();
      await sleep(500);
    }
    const unread = await green.snapshot(journal);
    await unread.close();
    await sleep(500);
    await (await green.snapshot(journal)).close();
  });

  it('answers each place, keeps the places that are left out, and tells ids, digests and bytes', async () => {
    const { green, term } = await following();
    const writes = [
      own(1, post('a')),
      own(4, remove(1)),
      own(5, remove(1)),
      own(6, { ...post('x'), body: Buffer.from('{}') }),
    ];
    const { place, answers } = await green.write(batch(term, 0, 9, writes));
    expect(place).toBe(9);
    expect(answers.map(({ place, status, id }) => [place, status, id])).toEqual([
      [1, 200, 1],
      [4, 200, 1],
      [5, 404, null],
      [6, 422, null],
    ]);
    expect(answers[0]?.digest).toBe(digestOf(row(1, 'a').bytes));
    expect(answers[0]?.answer?.body).toEqual(row(1, 'a').bytes);
    expect((await green.takeover(journal)).place).toBe(9);
    const again = await green.answers(2, 9);
    // Which row a delete named, only its request tells.
    expect(again.map(({ place: at, status, id, digest }) => [at, status, id, digest])).toEqual(
      answers.slice(1).map(({ place: at, status, digest }) => [at, status, null, digest]),
    );
  });

  it('follows with the owner’s ids, and tells what it would not have refused', async () => {
    const { green, term } = await following();
    const writes = [given(1, post('a'), 5), given(2, post('b'), null), given(3, remove(5), 5)];
    const { answers } = await green.write(batch(term, 0, 3, writes));
    expect(answers.map(({ status, id }) => [status, id])).toEqual([
      [200, 5],
      [200, null],
      [200, 5],
    ]);
    expect(await names()).toEqual([]);
  });

  it('uses up the id of a row that the owner took and that it refuses', async () => {
    const { green, term } = await following();
    const refused = { ...post('x'), body: Buffer.from('{}') };
    const { answers } = await green.write(batch(term, 0, 1, [given(1, refused, 5)]));
    expect(answers[0]).toMatchObject({ status: 422, id: null });
    expect((await green.holdings(journal)).holdings.collections).toEqual({
      count: 0,
      next: { atLeast: 6, exact: true },
    });
  });

  it('tells which place found its id taken, and stays at the one before', async () => {
    const { green, term } = await following();
    const writes = [given(1, post('a'), 6), given(2, post('b'), 7), given(3, post('c'), 6), given(4, post('d'), 9)];
    const written = await green.write(batch(term, 0, 4, writes));
    expect(written).toMatchObject({ place: 2, conflict: 3 });
    expect(written.answers.map(({ place }) => place)).toEqual([1, 2]);
    expect(await green.look(journal)).toEqual({ state: 'attached', place: 2 });
    expect(await names()).toEqual(['a', 'b']);
  });

  it('goes on behind a request that green takes from nobody', async () => {
    const { green, term } = await following();
    const odd = { ...remove(1), method: 'GET', target: '/health' };
    const writes = [own(1, post('a')), own(2, post('b')), { ...own(3, remove(1)), request: odd }, own(5, post('c'))];
    const written = await green.write(batch(term, 0, 6, writes));
    expect(written).toMatchObject({ place: 6, conflict: null });
    expect(written.answers.map(({ place, status }) => [place, status])).toEqual([
      [1, 200],
      [2, 200],
      [3, 400],
      [5, 200],
    ]);
    expect(await names()).toEqual(['a', 'b', 'c']);
  });

  it('splits a batch with more places than green takes at once', async () => {
    const { green, term } = await following();
    const writes = Array.from({ length: 1200 }, (_, at) => own(at + 1, post(`row ${at}`)));
    const { answers } = await green.write(batch(term, 0, 2600, writes));
    expect(answers.map(({ id }) => id)).toEqual(writes.map((_, at) => at + 1));
    expect((await green.takeover(journal)).place).toBe(2600);
    expect(await green.answers(1, 2600)).toHaveLength(1200);
  });

  it('takes nothing any more of an earlier term, however late it comes', async () => {
    const { green, term } = await following();
    const newer = (await green.takeover(journal)).term;
    await expect(green.write(batch(term, 0, 1, [own(1, post('late'))]))).rejects.toBeInstanceOf(OrderRefused);
    await expect(green.write(batch(newer, 1, 2, [own(2, post('gap'))]))).rejects.toBeInstanceOf(OrderRefused);
    expect(await names()).toEqual([]);
  });

  it('carries a write out once where its answer was lost, and is given the answer again', async () => {
    const proxy = await BreakingProxy.start(server.adminUrl);
    opened.push(proxy);
    const { green, term } = await following(proxy.url);
    proxy.answers = false;
    const written = green.write(batch(term, 0, 1, [own(1, post('once'))]));
    await server.until(async () => (await names()).length === 1, { what: 'the write was there' });
    proxy.answers = true;
    proxy.reset();
    expect((await written).answers[0]).toMatchObject({ place: 1, status: 200, id: 1 });
    expect(await names()).toEqual(['once']);
  });

  it('tells where it is after it was killed amid batches', async () => {
    let { green, term } = await following();
    let next = 1;
    for (let round = 0; round < 3; round++) {
      const killed = sleep(50 + 50 * round).then(() => server.kill());
      try {
        for (;;) {
          const writes = Array.from({ length: 16 }, (_, at) => own(next + at, post(`place ${next + at}`)));
          await green.write({ ...batch(term, next - 1, next + 15, writes), settled: next - 1 });
          next += 16;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(SideAway);
      }
      await killed;
      server = await startServer({ FOLLOW_TOKEN: TOKEN });
      green = greenAt(server.adminUrl);
      const taken = await green.takeover(journal);
      expect([next - 1, next + 15]).toContain(taken.place);
      term = taken.term;
      next = taken.place + 1;
      const there = await names();
      expect(there).toEqual(there.map((_, at) => `place ${at + 1}`));
      expect(there).toHaveLength(taken.place);
    }
  });

  it('is away while it stands still, and nothing that it had then is carried out after a claim', async () => {
    const { term } = await following();
    const green = greenAt(server.adminUrl, { silence: 300, counting: 5000, patience: 500 });
    server.child.kill('SIGSTOP');
    await expect(green.write(batch(term, 0, 1, [own(1, post('late'))]))).rejects.toBeInstanceOf(SideAway);
    server.child.kill('SIGCONT');
    const { place } = await greenAt(server.adminUrl).takeover(journal);
    const there = await names();
    expect(there).toHaveLength(place);
    await sleep(500);
    expect(await names()).toEqual(there);
  });

  it('takes no copy for whole of which it cannot hold a row, and says that one was begun', async () => {
    const green = greenAt(server.adminUrl);
    const bad = [{ id: 1, bytes: Buffer.from('{"id":1,"location":7}') }];
    const copy = copyOf(bad, { collections: 2, locations: 1 });
    await expect(green.rebuild(copy, journal, '', 5)).rejects.toThrow('cannot hold a row');
    const { state, place, term } = await green.takeover(journal);
    expect([state, place]).toEqual(['rebuilding', 0]);
    await expect(green.write(batch(term, 5, 6, [own(6, post('a'))]))).rejects.toBeInstanceOf(OrderRefused);
    await green.rebuild(EMPTY, journal, term, 5);
    expect(await green.look(journal)).toEqual({ state: 'attached', place: 5 });
  });

  it('says so if the token is wrong', async () => {
    const addresses = { adminUrl: new URL(server.adminUrl), token: 'another' };
    const green = new GreenServer(addresses, RULES);
    opened.push(green);
    await expect(green.takeover(journal)).rejects.toThrow('FOLLOW_TOKEN');
  });
});
