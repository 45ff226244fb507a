import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OrderRefused, SideAway, type Copy, type Request } from '../../../src/cutover/order/nouns';
import type { Batch, GreenPosition, PlacedRequest } from '../../../src/cutover/order/ports';
import { GREEN_LIMITS, GreenConflict, GreenServer } from '../../../src/cutover/order/ports/green-server';
import { digestOf } from '../../../src/cutover/traffic/raw-message';
import { idOfRow } from '../../../src/cutover/traffic/rows';
import { aCollection } from '../../../harness/samples';
import { query } from '../../../harness/postgres-cluster';
import type { ServerProcess } from '../../../harness/server-process';
import { useServers } from '../../support/use-servers';
import { BreakingProxy } from './breaking-proxy';

const TOKEN = 'a-token-for-the-order';
const RULES = { idOf: ({ body }: { body: Buffer }) => idOfRow(body), digestOf };
const EMPTY: Copy = { rows: { collections: [], locations: [] }, next: { collections: 1, locations: 1 } };

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
const own = (place: number, request: Request): PlacedRequest => ({ place, request, id: null, expected: null });
const given = (place: number, request: Request, id: number | null): PlacedRequest => ({
  ...{ place, request, id },
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
    const addresses = { publicUrl: new URL(server.url), adminUrl: new URL(adminUrl), token: TOKEN };
    const green = new GreenServer(addresses, RULES, limits);
    opened.push(green);
    return green;
  }

  async function following(adminUrl = server.adminUrl): Promise<{ green: GreenServer; position: GreenPosition }> {
    const green = greenAt(adminUrl);
    await green.replaceAll(EMPTY, journal, '', 0);
    return { green, position: await green.claim() };
  }

  const batch = ({ session }: GreenPosition, after: number, upTo: number, writes: PlacedRequest[]): Batch => ({
    ...{ journal, session, after, upTo, writes, settled: 0 },
  });
  /** Of all collections, in the order of their ids. */
  const names = async () =>
    (await query(databaseUrl(), 'select location from collections order by id')).map((one) => {
      const [name] = Object.values(one);
      return String(name);
    });

  it('belongs to no journal before it was given a copy, and to this one from then on', async () => {
    const green = greenAt(server.adminUrl);
    expect(await green.claim()).toMatchObject({ journal: null, appliedPlace: 0, answers: [] });
    const rows = Array.from({ length: 12_000 }, (_, at) => row(2 * at + 1, `row ${at}`));
    await green.replaceAll(
      { rows: { collections: rows, locations: [] }, next: { collections: 30_000, locations: 4 } },
      journal,
      '',
      77,
    );
    expect(await green.claim()).toMatchObject({
      ...{ journal, appliedPlace: 77, answers: [] },
      holdings: {
        collections: { count: 12_000, next: { atLeast: 30_000, exact: true } },
        locations: { count: 0, next: { atLeast: 4, exact: true } },
      },
    });
    const { copy, place } = await green.copy();
    expect(place).toBe(77);
    expect(copy.next).toEqual({ collections: 30_000, locations: 4 });
    expect(copy.rows.collections).toEqual(rows);
  });

  it('answers each place, keeps the places that are left out, and tells ids, digests and bytes', async () => {
    const { green, position } = await following();
    const writes = [
      own(1, post('a')),
      own(4, remove(1)),
      own(5, remove(1)),
      own(6, { ...post('x'), body: Buffer.from('{}') }),
    ];
    const answers = await green.apply(batch(position, 0, 9, writes));
    expect(answers.map(({ place, status, id }) => [place, status, id])).toEqual([
      [1, 200, 1],
      [4, 200, 1],
      [5, 404, null],
      [6, 422, null],
    ]);
    expect(answers[0]?.digest).toBe(digestOf(row(1, 'a').bytes));
    expect(answers[0]?.answer?.body).toEqual(row(1, 'a').bytes);
    const again = await green.claim();
    expect(again.appliedPlace).toBe(9);
    expect(again.answers.map(({ place, status }) => [place, status])).toEqual(
      answers.map(({ place, status }) => [place, status]),
    );
  });

  it('follows with the owner’s ids, and tells what it would not have refused', async () => {
    const { green, position } = await following();
    const answers = await green.apply(
      batch(position, 0, 3, [given(1, post('a'), 5), given(2, post('b'), null), given(3, remove(5), 5)]),
    );
    expect(answers.map(({ status, id }) => [status, id])).toEqual([
      [200, 5],
      [200, null],
      [200, 5],
    ]);
    expect(await names()).toEqual([]);
    const conflict = green
      .apply(batch(position, 3, 4, [given(4, post('c'), 6)]))
      .then(() => green.apply(batch(position, 4, 5, [given(5, post('d'), 6)])));
    await expect(conflict).rejects.toBeInstanceOf(GreenConflict);
  });

  it('splits a batch with more places than green takes at once', async () => {
    const { green, position } = await following();
    const writes = Array.from({ length: 1200 }, (_, at) => own(at + 1, post(`row ${at}`)));
    const answers = await green.apply(batch(position, 0, 2600, writes));
    expect(answers.map(({ id }) => id)).toEqual(writes.map((_, at) => at + 1));
    expect((await green.claim()).appliedPlace).toBe(2600);
    expect((await green.claim()).answers).toHaveLength(1200);
  });

  it('takes nothing any more of an earlier session, however late it comes', async () => {
    const { green, position } = await following();
    const newer = await green.claim();
    await expect(green.apply(batch(position, 0, 1, [own(1, post('late'))]))).rejects.toBeInstanceOf(OrderRefused);
    await expect(green.apply(batch(newer, 1, 2, [own(2, post('gap'))]))).rejects.toBeInstanceOf(OrderRefused);
    expect(await names()).toEqual([]);
  });

  it('carries a write out once where its answer was lost, and is given the answer again', async () => {
    const proxy = await BreakingProxy.start(server.adminUrl);
    opened.push(proxy);
    const { green, position } = await following(proxy.url);
    proxy.answers = false;
    const applied = green.apply(batch(position, 0, 1, [own(1, post('once'))]));
    await server.until(async () => (await names()).length === 1, { what: 'the write was there' });
    proxy.answers = true;
    proxy.reset();
    expect((await applied)[0]).toMatchObject({ place: 1, status: 200, id: 1 });
    expect(await names()).toEqual(['once']);
  });

  it('tells where it is after it was killed amid batches', async () => {
    let { green, position } = await following();
    let next = 1;
    for (let round = 0; round < 3; round++) {
      const killed = sleep(50 + 50 * round).then(() => server.kill());
      try {
        for (;;) {
          const writes = Array.from({ length: 16 }, (_, at) => own(next + at, post(`place ${next + at}`)));
          await green.apply({ ...batch(position, next - 1, next + 15, writes), settled: next - 1 });
          next += 16;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(SideAway);
      }
      await killed;
      server = await startServer({ FOLLOW_TOKEN: TOKEN });
      green = greenAt(server.adminUrl);
      position = await green.claim();
      expect([next - 1, next + 15]).toContain(position.appliedPlace);
      next = position.appliedPlace + 1;
      const there = await names();
      expect(there).toEqual(there.map((_, at) => `place ${at + 1}`));
      expect(there).toHaveLength(position.appliedPlace);
    }
  });

  it('is away while it stands still, and nothing that it had then is carried out after a claim', async () => {
    const { position } = await following();
    const green = greenAt(server.adminUrl, { silence: 300, counting: 5000, patience: 500 });
    server.child.kill('SIGSTOP');
    await expect(green.apply(batch(position, 0, 1, [own(1, post('late'))]))).rejects.toBeInstanceOf(SideAway);
    server.child.kill('SIGCONT');
    const claimed = await greenAt(server.adminUrl).claim();
    const there = await names();
    expect(there).toHaveLength(claimed.appliedPlace);
    await sleep(500);
    expect(await names()).toEqual(there);
  });

  it('belongs to no journal while a copy is not whole', async () => {
    const { green } = await following();
    const broken = (function* () {
      yield [row(1, 'first')];
      throw new Error('the gateway ends');
    })();
    const rebuild = green.rebuild({ collections: broken, locations: [] }, { collections: 9, locations: 1 }, journal, 5);
    await expect(rebuild).rejects.toThrow('the gateway ends');
    expect((await green.claim()).journal).toBeNull();
  });

  it('does not take a copy for whole of which it cannot hold a row', async () => {
    const green = greenAt(server.adminUrl);
    const bad = [{ id: 1, bytes: Buffer.from('{"id":1,"location":7}') }];
    const copy = { rows: { collections: bad, locations: [] }, next: { collections: 2, locations: 1 } };
    await expect(green.replaceAll(copy, journal, '', 5)).rejects.toThrow('cannot hold a row');
    expect((await green.claim()).journal).toBeNull();
  });

  it('says so if the token is wrong', async () => {
    const addresses = { publicUrl: new URL(server.url), adminUrl: new URL(server.adminUrl), token: 'another' };
    const green = new GreenServer(addresses, RULES);
    opened.push(green);
    await expect(green.claim()).rejects.toThrow('FOLLOW_TOKEN');
  });
});
