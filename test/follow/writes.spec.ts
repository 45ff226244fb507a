import { randomUUID } from 'node:crypto';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation } from '../../harness/samples';
import { startFollowApp, type FollowApp } from './follow-app';
import { create, FollowClient, remove, replace } from './follow-client';

const cluster = useCluster();

describe('writes by the follower’s interface', () => {
  let url: string;
  let app: FollowApp;
  let client: FollowClient;

  beforeAll(async () => {
    url = await cluster().createDatabase();
    app = await startFollowApp(url);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await query(url, 'truncate collections, locations, id_counters, followed_journal, followed_answers');
    client = new FollowClient(app.adminUrl);
    expect(await client.attach(0)).toMatchObject({ httpStatus: 200, place: 0 });
  });

  const list = async (path = '/api/collections') => (await fetch(`${app.url}${path}`)).text();
  const ids = async () => (JSON.parse(await list()) as { id: number }[]).map(({ id }) => id);
  const place = async () => (await client.get()).place;
  const statuses = async (...writes: Parameters<FollowClient['writes']>) =>
    (await client.writes(...writes)).entries.map(({ status }) => status);

  it('are carried out in the order of their places, and answered as by the public port', async () => {
    const given = await client.writes([
      create(1, aCollection()),
      create(2, aLocation(), undefined, '/api/locations'),
      replace(3, 1, aCollection({ status: 'completed' })),
      create(4, aCollection({ location: 'Ä"\u0000' })),
      remove(5, 2),
      remove(6, 2),
      replace(7, 2, aCollection()),
      create(8, aCollection({ quantity: 'much' })),
      create(9, aCollection({ location: 'last' })),
    ]);
    expect(given.about).toEqual({ place: 9 });
    expect(given.entries.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404, 404, 422, 200]);
    expect(given.entries.map(({ place }) => place)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(given.entries[2]).toEqual({
      place: 3,
      status: 200,
      headers: ['content-length', expect.any(String), 'content-type', 'application/json'],
      body: expect.stringContaining('"id":1,') as string,
    });
    expect(given.entries[4]!.body).toBe('{"message":"Collection deleted successfully"}');
    expect(given.entries[5]!.body).toBe('{"detail":"Collection not found"}');
    expect(await list()).toBe(`[${given.entries[2]!.body},${given.entries[8]!.body}]`);
    expect(await ids()).toEqual([1, 3]);
    expect(await client.get()).toEqual({
      httpStatus: 200,
      state: 'attached',
      journal: client.journal,
      term: client.term,
      place: 9,
      nextIds: { collections: '4', locations: '2' },
      empty: { collections: false, locations: false },
      kept: { from: null, count: 0 },
    });
  });

  it('of one row in one batch come one after the other', async () => {
    const given = await client.writes([
      replace(1, 7, aCollection({ location: 'too early' })),
      create(2, aCollection({ location: 'first' }), '7'),
      replace(3, 7, aCollection({ location: 'second' })),
      remove(4, 7),
      replace(5, 7, aCollection({ location: 'too late' })),
      create(6, aCollection({ location: 'next' }), '8'),
      replace(7, 8, aCollection({ location: 'a' })),
      replace(8, 8, aCollection({ location: 'b' })),
    ]);
    expect(given.entries.map(({ status }) => status)).toEqual([404, 200, 200, 200, 404, 200, 200, 200]);
    expect(await list()).toBe(`[${given.entries[7]!.body}]`);
  });

  it('take the ids of the owner, and the next ones follow those, by the public port too', async () => {
    expect(await statuses([create(1, aCollection(), '5'), create(2, aCollection(), '9')])).toEqual([200, 200]);
    expect(await statuses([create(3, aCollection())])).toEqual([200]);
    const created = await fetch(`${app.url}/api/collections`, {
      method: 'POST',
      body: JSON.stringify(aCollection()),
      headers: { 'content-type': 'application/json' },
    });
    expect(await created.json()).toMatchObject({ id: 11 });
    expect(await ids()).toEqual([5, 9, 10, 11]);
  });

  it('of places that are there already are not carried out again, also as a part of a batch', async () => {
    const first = [create(1, aCollection(), '1'), replace(2, 1, aCollection({ location: 'two' }))];
    expect(await statuses(first)).toEqual([200, 200]);
    const again = await client.writes(first);
    expect(again.about).toEqual({ place: 2 });
    expect(again.entries).toEqual([
      { place: 1, forgotten: true, again: true, body: '' },
      { place: 2, forgotten: true, again: true, body: '' },
    ]);
    const overlapping = await client.writes([...first, create(3, aCollection(), '2')]);
    expect(overlapping.entries.map(({ again = false, status }) => [again, status])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, 200],
    ]);
    expect(await ids()).toEqual([1, 2]);
    expect(await place()).toBe(3);
  });

  it('whose answers are kept are answered again with the same bytes, until they are told to be settled', async () => {
    const writes = [create(1, aCollection()), create(2, { not: 'one' }), { place: 3, void: true }, remove(4, 1)];
    const first = await client.writes(writes, { keep: true });
    const again = await client.writes(writes, { keep: true });
    const withoutMark = again.entries.map(({ again: mark, ...entry }) => ({ ...entry, mark }));
    expect(withoutMark).toEqual(first.entries.map((entry) => ({ ...entry, mark: true })));
    expect(await client.answers(1, 10)).toEqual(first.entries.filter(({ status }) => status !== undefined));
    await client.writes([create(5, aCollection())], { keep: true, settled: 2 });
    expect((await client.answers(1, 10)).map((entry) => entry.place)).toEqual([4, 5]);
    expect((await client.get()).kept).toEqual({ from: '4', count: 2 });
  });

  it('are refused if too many answers are kept', async () => {
    await query(url, `insert into followed_answers select -n, 200, '[]', '' from generate_series(1, 2000) n`);
    const refused = await client.writes([create(1, aCollection())], { keep: true });
    expect(refused).toMatchObject({ status: 409, about: { reason: 'answers-full', place: 0 } });
    expect(await ids()).toEqual([]);
  });

  it('behind a gap are refused with the place, and nothing is done', async () => {
    expect(await client.writes([create(3, aCollection(), '3')])).toMatchObject({
      status: 409,
      about: { reason: 'gap', place: 0, error: expect.stringContaining('up to place 0') as string },
    });
    expect(await ids()).toEqual([]);
  });

  it('with an id that is there: the ones before are kept, that one and those behind it are not done', async () => {
    expect(await statuses([create(1, aCollection(), '4')])).toEqual([200]);
    const given = await client.writes([
      replace(2, 4, aCollection({ location: 'kept' })),
      create(3, aCollection(), '4'),
      replace(4, 4, aCollection({ location: 'not done' })),
    ]);
    expect(given.status).toBe(200);
    expect(given.about).toEqual({ place: 2, conflict: { place: 3, resource: 'collections', id: '4' } });
    expect(given.entries).toHaveLength(1);
    expect(await list()).toContain('"kept"');
    const alone = await client.writes([create(3, aCollection(), '4')]);
    expect(alone.about).toEqual({ place: 2, conflict: { place: 3, resource: 'collections', id: '4' } });
    // The gateway decides; here that the place has no effect.
    expect((await client.writes([{ place: 3, void: true }])).about).toEqual({ place: 3 });
  });

  it('without effect take their place, and may use ids up', async () => {
    const given = await client.writes([
      { place: 1, void: true, nextIds: { collections: '8' } },
      create(2, aCollection()),
    ]);
    expect(given.entries[0]).toEqual({ place: 1, void: true, body: '' });
    expect(given.entries[1]!.body).toContain('"id":1,');
    expect((await client.get()).nextIds).toEqual({ collections: '8', locations: '1' });
  });

  it('that the owner refused have no effect: they are answered if refused here too, else withheld', async () => {
    await client.writes([create(1, aCollection(), '1')]);
    const before = await list();
    const refused = { refused: true };
    const given = await client.writes([
      { ...create(2, aCollection()), ...refused },
      { ...create(3, {}), ...refused },
      { ...replace(4, 1, aCollection({ location: 'other' })), ...refused },
      { ...replace(5, 2, aCollection()), ...refused },
      { ...remove(6, 1), ...refused },
      { ...remove(7, 'x'), ...refused },
    ]);
    expect(given.entries.map(({ withheld = false, status }) => (withheld ? 'withheld' : status))).toEqual([
      'withheld',
      422,
      'withheld',
      404,
      'withheld',
      422,
    ]);
    expect(await list()).toBe(before);
    expect(await place()).toBe(7);
  });

  it('by own ids go on behind rows that somebody inserted', async () => {
    await query(
      url,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       values (2, 'row', 'paper', 1, 'kg', '2024-01-15', 'pending')`,
    );
    const given = await client.writes([1, 2, 3].map((at) => create(at, aCollection())));
    expect(given.entries.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await ids()).toEqual([2, 3, 4, 5]);
  });

  it('of another journal, or sent before it was taken over, are refused', async () => {
    const other = new FollowClient(app.adminUrl);
    expect(await other.attach(0)).toMatchObject({
      httpStatus: 409,
      reason: 'journal',
      journal: client.journal,
      place: 0,
    });
    expect(await other.writes([create(1, aCollection())])).toMatchObject({ status: 409, about: { reason: 'journal' } });
    const { term } = client;
    await client.writes([create(1, aCollection(), '1')]);
    expect(await client.takeOver()).toMatchObject({ httpStatus: 200, place: 1, state: 'attached' });
    expect(client.term).not.toBe(term);
    expect(await client.writes([create(2, aCollection(), '2')], { term })).toMatchObject({
      status: 409,
      about: { reason: 'term', place: 1 },
    });
    expect(await statuses([create(2, aCollection(), '2')])).toEqual([200]);
    expect(await other.attach(2, { replace: randomUUID() })).toMatchObject({ httpStatus: 409, reason: 'journal' });
    expect(await other.attach(7, { replace: client.journal, term: client.term })).toMatchObject({
      httpStatus: 200,
      place: 7,
    });
    expect(await client.writes([create(3, aCollection(), '3')])).toMatchObject({
      status: 409,
      about: { reason: 'journal' },
    });
    expect(await client.post('/detach')).toMatchObject({ httpStatus: 409 });
    expect(await other.post('/detach')).toEqual({ httpStatus: 200 });
    expect(await client.get()).toMatchObject({ state: 'detached' });
    expect(await client.writes([create(3, aCollection(), '3')])).toMatchObject({
      status: 409,
      about: { reason: 'detached' },
    });
  });

  it('of two callers at once: each place is carried out once', async () => {
    const second = new FollowClient(app.adminUrl, { journal: client.journal });
    second.term = client.term;
    for (let at = 1; at <= 40; at += 2) {
      const writes = [create(at, aCollection(), String(at)), create(at + 1, aCollection(), String(at + 1))];
      const answers = await Promise.all([client.writes(writes), second.writes(writes)]);
      expect(answers.map(({ about }) => about)).toEqual([{ place: at + 1 }, { place: at + 1 }]);
      const again = answers.map(({ entries }) => entries.every((entry) => entry.again === true));
      expect(again.sort()).toEqual([false, true]);
    }
    expect(await ids()).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  describe('with triggers of somebody else', () => {
    afterEach(() =>
      query(url, 'drop trigger if exists foreign_one on collections; drop function if exists foreign_one'),
    );

    const trigger = (body: string) =>
      query(
        url,
        `create function foreign_one() returns trigger language plpgsql as $$ begin ${body} end $$;
         create trigger foreign_one before insert or update on collections for each row execute function foreign_one()`,
      );

    it('a row that is left out is 403 as by the public port, and no other write suffers', async () => {
      await trigger(`if new.location = 'out' then return null; end if; return new;`);
      const given = await client.writes([
        create(1, aCollection()),
        create(2, aCollection({ location: 'out' })),
        replace(3, 1, aCollection({ location: 'out' })),
        create(4, aCollection()),
      ]);
      expect(given.entries.map(({ status }) => status)).toEqual([200, 403, 403, 200]);
      expect(await ids()).toEqual([1, 3]);
    });

    it('an error of theirs is 500 as by the public port, and no other write suffers', async () => {
      await trigger(`if new.location = 'bad' then raise 'no'; end if; return new;`);
      const given = await client.writes([
        create(1, aCollection()),
        create(2, aCollection({ location: 'bad' })),
        replace(3, 1, aCollection({ location: 'bad' })),
        create(4, aCollection()),
        replace(5, 2, aCollection({ location: 'good' })),
      ]);
      expect(given.entries.map(({ status }) => status)).toEqual([200, 500, 500, 200, 200]);
      expect(given.entries[1]!.body).toBe('Internal Server Error');
      expect(await ids()).toEqual([1, 2]);
      expect(await place()).toBe(5);
    });

    it('new rows with other ids are not stored', async () => {
      await trigger(`if new.location = 'other' then new.id := new.id + 100; end if; return new;`);
      const given = await client.writes([
        create(1, aCollection(), '1'),
        create(2, aCollection({ location: 'other' }), '2'),
      ]);
      expect(given.entries.map(({ status }) => status)).toEqual([200, 500]);
      expect(await ids()).toEqual([1]);
    });
  });
});
