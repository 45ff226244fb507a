import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { categoryOf, sequencesOf, type Exchange } from './exchange';
import { findRecordings, readRecordings, readRequests, writeRecordings } from './files';
import { isPage } from './masks';

const RECORDINGS = resolve(__dirname, '../../test/contract/recordings');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recordings-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe("the project's recordings", () => {
  it('are read whole: 5,484 exchanges of 14 categories', async () => {
    const exchanges = await readRecordings([RECORDINGS]);
    expect(exchanges).toHaveLength(5484);
    expect(new Set(exchanges.map(({ seq }) => categoryOf(seq))).size).toBe(14);
    const sequences = sequencesOf(exchanges);
    expect(new Set(sequences.map(({ seq }) => seq)).size).toBe(sequences.length);
  });

  it('are written back with the same bytes', async () => {
    for (const file of await findRecordings([RECORDINGS])) {
      const copy = join(directory, 'copy.jsonl');
      await writeRecordings(copy, await readRecordings([file]));
      const same = gunzipSync(await readFile(file)).equals(await readFile(copy));
      expect({ file, same }).toEqual({ file, same: true });
    }
  });

  it('mask exactly the bodies that a new recording masks', async () => {
    for (const { seq, n, request, response } of await readRecordings([RECORDINGS])) {
      expect({ seq, n, masked: isPage(request, response.status) }).toEqual({
        seq,
        n,
        masked: response.body_masked === true,
      });
    }
  });
});

describe('recording files', () => {
  const exchange: Exchange = {
    seq: 'a/b',
    n: 1,
    request: { method: 'GET', target: '/\u00ff', headers: [['host', null]], body: null },
    response: { status: 200, headers: [], body: 'é, {"\n": 😀}' },
  };

  it('are compressed with the same bytes each time', async () => {
    const [first, second] = [join(directory, '1.jsonl.gz'), join(directory, '2.jsonl.gz')];
    await writeRecordings(first, [exchange]);
    await writeRecordings(second, [exchange]);
    expect(await readFile(first)).toEqual(await readFile(second));
    expect(await readRecordings([first])).toEqual([exchange]);
  });

  it.each([
    ['{', 'JSON'],
    ['[]', 'the line must be an object'],
    ['{"seq":"a","n":1,"request":{"method":"GET","target":"/\\u0100","headers":[]}}', 'request.target'],
    ['{"seq":"a","n":1,"request":{"method":"GET","target":"/","headers":[["x"]]}}', 'request.headers'],
    ['{"seq":"a","n":1,"request":{"method":"GET","target":"/","headers":[],"body":1}}', 'request.body'],
    ['{"seq":"a","n":1,"request":{"method":"GET","target":"/","headers":[]}}', '"response" is missing'],
  ])('name the file, the line and the fault of %s', async (line, fault) => {
    const file = join(directory, 'bad.jsonl');
    await writeFile(file, `\n${line}\n`);
    await expect(readRecordings([file])).rejects.toThrow(`${file}:2: `);
    await expect(readRecordings([file])).rejects.toThrow(fault);
  });

  it('may hold requests alone where only requests are needed', async () => {
    const file = join(directory, 'requests.jsonl.gz');
    const { response: _, ...request } = exchange;
    await writeFile(file, gzipSync(JSON.stringify(request)));
    expect(await readRequests([file])).toEqual([request]);
  });

  it('say so when a path or a compression is wrong', async () => {
    await expect(readRecordings([join(directory, 'nowhere')])).rejects.toThrow('no such file or directory');
    const file = join(directory, 'plain.jsonl.gz');
    await writeFile(file, '{}');
    await expect(readRecordings([file])).rejects.toThrow('not a gzip file');
  });
});
