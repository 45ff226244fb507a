import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { describeWithReference } from '../../reference/describe-with-reference';
import { startReference, type Reference } from '../../../harness/reference';
import { useCluster } from '../../support/clusters';
import { query } from '../../../harness/postgres-cluster';
import { aCollection, aLocation } from '../../../harness/samples';
import { startTestApp } from '../../support/test-app';
import { runCutover } from '../../../harness/cutover-program';
import { answersOf, create, fillSide, send } from '../filled-side';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describeWithReference('waste-cutover import', () => {
  const cluster = useCluster();
  let old: Reference;
  let target: string;
  beforeEach(async () => {
    [old, target] = await Promise.all([startReference(), cluster().createDatabase()]);
  });
  afterEach(() => old.stop());

  const run = (...args: string[]) => runCutover(['import', ...args], { DATABASE_URL: target });
  const resultOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Record<string, Record<string, unknown>>;

  /** What the API answers on the target; asks nothing else. */
  async function targetAnswers(more: (url: string) => Promise<unknown> = () => Promise.resolve()) {
    const app = await startTestApp(target);
    try {
      const answers = await answersOf(app.url);
      await more(app.url);
      return answers;
    } finally {
      await app.close();
    }
  }

  const nothingWasWritten = async () => {
    const rows =
      'select (select count(*) from collections) + (select count(*) from locations) + (select count(*) from id_counters)';
    expect(await query(target, `${rows} as count`)).toEqual([{ count: '0' }]);
  };

  it('leaves an API on the target that answers as the old one does, the next created ids included', async () => {
    await fillSide(old.url);
    const ended = await run('--from', old.url, '--probe', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('the probe has burnt id') });
    const before = await answersOf(old.url);
    expect(resultOf(ended)).toMatchObject({
      outcome: 'imported',
      collections: { sha256: sha256(before['/api/collections']!), respelled: 0, unreadable: [] },
      locations: { sha256: sha256(before['/api/locations']!) },
    });
    const after = await targetAnswers(async (url) => {
      for (const { id } of JSON.parse(before['/api/collections']!) as { id: number }[]) {
        const path = `/api/collections/${id}`;
        expect(await send('GET', url + path)).toEqual(await send('GET', old.url + path));
      }
      for (const [path, body] of [
        ['/api/collections', aCollection()],
        ['/api/locations', aLocation()],
      ] as const) {
        const [one, other] = [old.url, url].map((side) => send('POST', side + path, JSON.stringify(body)));
        expect(await other).toEqual(await one);
      }
    });
    expect(after).toEqual(before);
  });

  it('says what next id it takes when nobody names one, and takes what is named', async () => {
    for (let rows = 0; rows < 3; rows += 1) await create(old.url);
    await send('DELETE', `${old.url}/api/collections/3`);
    const guessed = await run('--from', old.url);
    expect(guessed).toMatchObject({ code: 0, stderr: expect.stringContaining('taken to be 3, the highest id + 1') });
    const named = await run('--from', old.url, '--next-id', '4', '--json');
    expect(resultOf(named)).toMatchObject({ outcome: 'already there', collections: { nextId: 4 } });
    await targetAnswers(async (url) => expect(await create(url)).toBe(4));
  });

  it('refuses a next id that a row has', async () => {
    await create(old.url);
    const ended = await run('--from', old.url, '--next-id', 'collections=1');
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('give 2 or more') });
    await nothingWasWritten();
  });

  it('finds out that it was done before, also with another probe', async () => {
    await fillSide(old.url);
    await run('--from', old.url);
    for (const probe of [[], ['--probe']]) {
      const ended = await run('--from', old.url, '--json', ...probe);
      expect(ended.code).toBe(0);
      expect(resultOf(ended)).toMatchObject({ outcome: 'already there' });
    }
    await targetAnswers(async (url) => expect(await create(url)).toBe(await create(old.url)));
  });

  it('touches no target that has something else, unless it may be replaced', async () => {
    await create(old.url, { location: 'kept' });
    await run('--from', old.url);
    await create(old.url, { location: 'new' });
    const refused = await run('--from', old.url);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('not empty (1 collections, next id 2') });
    expect((await targetAnswers())['/api/collections']).not.toContain('new');
    expect(await run('--from', old.url, '--replace')).toMatchObject({ code: 0 });
    expect(await targetAnswers()).toEqual(await answersOf(old.url));
  });

  it('leaves no place of a journal on the target: other rows than those of that place are there now', async () => {
    await create(old.url);
    await run('--from', old.url);
    await query(
      target,
      `insert into followed_journal (journal, state, term, place)
         values (gen_random_uuid(), 'attached', gen_random_uuid(), 7);
       insert into followed_answers values (7, 200, '', '')`,
    );
    const followed = () =>
      query(
        target,
        `select 'at ' || place as at from followed_journal union all select 'answer' from followed_answers`,
      );
    await create(old.url);
    expect(await run('--from', old.url)).toMatchObject({ code: 1 });
    expect(await followed()).toHaveLength(2);
    expect(await run('--from', old.url, '--replace')).toMatchObject({ code: 0 });
    expect(await followed()).toEqual([]);
  });

  it('touches no target that had rows once: their ids would be given out again', async () => {
    await targetAnswers(async (url) => {
      await create(url);
      await send('DELETE', `${url}/api/collections/1`);
    });
    await create(old.url);
    expect(await run('--from', old.url)).toMatchObject({ code: 1, stderr: expect.stringContaining('next id 2') });
  });

  it('writes nothing while someone else does', async () => {
    await create(old.url);
    await (await startTestApp(target)).close();
    const other = new Client({ connectionString: target });
    await other.connect();
    await other.query(`begin; insert into id_counters values ('collections', 2)`);
    const ended = await run('--from', old.url);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('someone else is writing to the target') });
    await other.query('rollback');
    await other.end();
    await nothingWasWritten();
  });

  it('reads a saved list as well, however it is spaced', async () => {
    await fillSide(old.url);
    const directory = await mkdtemp(join(tmpdir(), 'import-'));
    const [collections, locations] = [join(directory, 'c.json'), join(directory, 'l.json')];
    const answers = await answersOf(old.url);
    await writeFile(collections, answers['/api/collections']!);
    await writeFile(locations, answers['/api/locations']!.replaceAll('},{', '},\n\n  {'));
    const ended = await run('--file', collections, '--file', `locations=${locations}`, '--json');
    expect(ended).toMatchObject({ code: 0 });
    expect(await targetAnswers()).toEqual(answers);
    await writeFile(collections, answers['/api/collections']!.slice(0, -1));
    expect(await run('--file', collections)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('without its "]"'),
    });
    expect(await run('--file', `${collections}x`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
    await rm(directory, { recursive: true });
  });

  describe('of rows that the new schema cannot hold', () => {
    let untyped: Reference;
    beforeEach(async () => {
      untyped = await startReference({ untyped: true });
      await create(untyped.url, { waste_type: 'cardboard' });
      await create(untyped.url);
      await create(untyped.url, { waste_type: 'cardboard', unit: 'bags' });
    });
    afterEach(() => untyped.stop());

    it('writes nothing and lists them all, with what to do', async () => {
      const ended = await run('--from', untyped.url, '--json');
      expect(ended.code).toBe(1);
      for (const line of [
        'collections, id 1: waste_type "cardboard": Input should be',
        'collections, id 3: waste_type "cardboard": Input should be',
        'collections, id 3: unit "bags": Input should be',
        '2 rows cannot be held by the new schema, and nothing was written',
        '2 rows: --map waste_type:cardboard=<organic|plastic|paper|metal|glass|electronic>',
        '1 row: --map unit:bags=<kg|tons|liters>',
      ]) {
        expect(ended.stderr).toContain(line);
      }
      expect(resultOf(ended)).toMatchObject({
        outcome: 'refused',
        rows: 2,
        kinds: [
          { value: '"cardboard"', rows: 2 },
          { value: '"bags"', rows: 1 },
        ],
      });
      await nothingWasWritten();
    });

    it('takes them with a rule for each value, and counts what each rule changed', async () => {
      const rules = ['waste_type:cardboard=paper', 'unit:bags=kg'];
      const ended = await run('--from', untyped.url, '--json', ...rules.flatMap((rule) => ['--map', rule]));
      expect(ended.code).toBe(0);
      expect(resultOf(ended)).toMatchObject({ mapped: { [rules[0]!]: 2, [rules[1]!]: 1 } });
      const before = (await answersOf(untyped.url))['/api/collections']!;
      const after = (await targetAnswers())['/api/collections'];
      expect(after).toBe(before.replaceAll('"cardboard"', '"paper"').replaceAll('"bags"', '"kg"'));
    });
  });

  describe('of an old API that cannot render its list any more', () => {
    const post = (resource: string, body: string) => send('POST', `${old.url}/api/${resource}`, body);
    const collectionWith = (quantity: string) =>
      JSON.stringify(aCollection({ quantity: 0.5 })).replace('0.5', quantity);

    it('reads the rest one by one, and lists what it cannot read', async () => {
      await create(old.url, { location: 'first' });
      expect((await post('collections', collectionWith('1e400'))).status).toBe(500);
      await create(old.url, { location: 'third' });
      const blind = await run('--from', old.url);
      expect(blind).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('give --probe or --next-id collections=N'),
      });
      const stopped = await run('--from', old.url, '--probe');
      expect(stopped).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('collections, id 2: the old API has it'),
      });
      await nothingWasWritten();
      const ended = await run('--from', old.url, '--probe', '--without-unreadable', '--json');
      expect(resultOf(ended)).toMatchObject({ collections: { rows: 2, unreadable: [2], nextId: 6 } });
      await send('DELETE', `${old.url}/api/collections/2`);
      expect(await targetAnswers()).toEqual(await answersOf(old.url));
    });

    it('needs no next id where the analytics still count the rows', async () => {
      await create(old.url);
      await create(old.url);
      await send('DELETE', `${old.url}/api/collections/1`);
      expect((await post('collections', JSON.stringify(aCollection({ location: '\ud800' })))).status).toBe(500);
      const ended = await run('--from', old.url, '--without-unreadable', '--json');
      expect(resultOf(ended)).toMatchObject({ collections: { rows: 1, unreadable: [3], nextId: 4 } });
    });

    it('says what can be done about locations, which cannot be read alone', async () => {
      await create(old.url);
      const location = JSON.stringify(aLocation({ latitude: 0.5 })).replace('0.5', '-1e400');
      expect((await post('locations', location)).status).toBe(500);
      const ended = await run('--from', old.url);
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('--file locations=FILE') });
      await nothingWasWritten();
      expect(await run('--from', old.url, '--only', 'collections')).toMatchObject({ code: 0 });
    });
  });
});
