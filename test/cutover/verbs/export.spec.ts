import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Status, Unit, WasteType } from '../../../src/collections/collection.enums';
import { writeJson } from '../../../src/contract/json/writer';
import { datetimes, doubles, texts } from '../../database/values';
import { useCluster } from '../../support/clusters';
import { startTestApp } from '../../support/test-app';
import { runCutover } from '../../../harness/cutover-program';
import { answersOf, fillSide } from '../filled-side';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

describe('waste-cutover export', () => {
  const cluster = useCluster();
  let directory: string;
  let database: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'export-'));
    database = await cluster().createDatabase();
  });
  afterEach(() => rm(directory, { recursive: true }));

  const run = (verb: string, ...args: string[]) => runCutover([verb, ...args], { DATABASE_URL: database });

  it('writes the bytes that the API answers, to standard output or a file', async () => {
    const app = await startTestApp(database);
    await fillSide(app.url);
    const answers = await answersOf(app.url);
    await app.close();
    for (const resource of ['collections', 'locations'] as const) {
      const answer = answers[`/api/${resource}`];
      const out = join(directory, `${resource}.json`);
      expect(await run('export', resource)).toMatchObject({ code: 0, stdout: answer });
      const { code, stdout } = await run('export', resource, '--out', out, '--json');
      expect({ code, text: await readFile(out, 'utf8') }).toEqual({ code: 0, text: answer });
      expect(JSON.parse(stdout)).toEqual({ resource, rows: expect.any(Number), sha256: sha256(answer!), file: out });
    }
  });

  it('writes an empty array of an empty database, and refuses one that is not the API’s', async () => {
    const foreign = await run('export', 'locations');
    expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining('no tables of this API') });
    await (await startTestApp(database)).close();
    expect(await run('export', 'locations')).toMatchObject({ code: 0, stdout: '[]' });
  });

  it('gives back whatever was imported, byte for byte, also what is too long to hold', async () => {
    const rows = fc.record({
      location: texts,
      waste_type: fc.constantFrom(...Object.values(WasteType)),
      quantity: doubles,
      unit: fc.constantFrom(...Object.values(Unit)),
      collected_date: datetimes.map(String),
      status: fc.constantFrom(...Object.values(Status)),
    });
    const some = fc.sample(rows, 1000).map((row) => writeJson(row).slice(1));
    const list = Array.from({ length: 60_000 }, (_, index) => `{"id":${(index + 1) * 3},${some[index % some.length]!}`);
    const [given, back] = [join(directory, 'given.json'), join(directory, 'back.json')];
    await writeFile(given, `[${list.join(',')}]`);

    const imported = await run('import', '--file', given, '--json');
    expect(imported.code).toBe(0);
    const { collections, peakMemory } = JSON.parse(imported.stdout) as Record<string, never>;
    expect(collections).toMatchObject({ rows: 60_000, nextId: 180_001, respelled: 0 });
    // Far above what a few thousand rows take; a list that is held whole would grow with its length.
    expect(peakMemory).toBeLessThan(300 * 1024 * 1024);

    expect(await run('export', 'collections', '--out', back)).toMatchObject({ code: 0 });
    expect(sha256(await readFile(back))).toBe(sha256(await readFile(given)));
  });

  it('never replaces a file unasked, and leaves no part of one', async () => {
    const out = join(directory, 'list.json');
    await (await startTestApp(database)).close();
    await writeFile(out, 'mine');
    expect(await run('export', 'collections', '--out', out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already exists'),
    });
    expect(await run('export', 'collections', '--out', out, '--force')).toMatchObject({ code: 0 });
    expect(await readFile(out, 'utf8')).toBe('[]');
    const nowhere = await run('export', 'collections', '--out', join(directory, 'none', 'list.json'));
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') });
    expect(await readdir(directory)).toEqual(['list.json']);
  });

  it.each([
    ['nothing to export', [], "missing required argument 'resource'"],
    ['an unknown list', ['bins'], 'Allowed choices are collections, locations'],
    ['a summary where the list goes', ['collections', '--json'], 'give --out with --json'],
  ])('ends with 2 for %s', async (_, args, message) => {
    expect(await run('export', ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('says that there is no database', async () => {
    expect(await runCutover(['export', 'collections'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DATABASE_URL'),
    });
    const away = await runCutover(['export', 'collections'], {
      DATABASE_URL: 'postgresql://me:hidden@127.0.0.1:47199/no',
    });
    expect(away).toMatchObject({ code: 1, stderr: expect.not.stringContaining('hidden') });
  });
});
