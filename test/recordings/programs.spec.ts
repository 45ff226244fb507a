import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import type { Exchange } from '../../src/recordings/exchange';
import { readRecordings, writeRecordings } from '../../src/recordings/files';
import { startBuilt, type ProgramEnd } from '../../harness/built-program';
import { PostgresCluster } from '../../harness/postgres-cluster';
import { answerBytes, startRecordedServer, type RecordedServer } from './recorded-server';

const ROOT = resolve(__dirname, '../..');

/** Runs a program as a person does, without a terminal. */
const run = (program: 'replay' | 'record', ...args: string[]): Promise<ProgramEnd> =>
  startBuilt(`recordings/${program}.main.js`, args).ended;

let directory: string;
let recording: string;
let crud: Exchange[];
let server: RecordedServer;
let breakAnswers = false;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'programs-'));
  crud = (await readRecordings([join(ROOT, 'test/contract/recordings/crud.jsonl.gz')])).slice(0, 12);
  recording = join(directory, 'crud.jsonl.gz');
  await writeRecordings(recording, crud);
});
beforeEach(async () => {
  breakAnswers = false;
  server = await startRecordedServer(crud, (answer, socket) => {
    socket.end(breakAnswers ? answer.toString('latin1').replace('HTTP/1.1 200', 'HTTP/1.1 201') : answer);
  });
});
afterEach(() => server.close());
afterAll(() => rm(directory, { recursive: true }));

describe('replay', () => {
  it('explains itself', async () => {
    const { code, stdout } = await run('replay', '--help');
    expect(code).toBe(0);
    for (const word of ['--target', '--reset-database', '--no-reset', '--expect-different', 'Exit codes']) {
      expect(stdout).toContain(word);
    }
  });

  it('ends with 0 when every answer is as recorded', async () => {
    const { code, stdout } = await run('replay', recording, '--target', server.url, '--no-reset');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^total +12 +0 +0$/m) });
  });

  it('ends with 1 at a difference, prints as many as asked for, and writes all as JSON', async () => {
    breakAnswers = true;
    const json = join(directory, 'report.json');
    const { code, stdout } = await run(
      'replay',
      recording,
      '--target',
      server.url,
      '--no-reset',
      '--show',
      '1',
      '--json',
      json,
    );
    expect(code).toBe(1);
    expect(stdout).toContain('expected 200\n    got      201');
    expect(stdout).toMatch(/… and \d+ more/);
    expect(JSON.parse(await readFile(json, 'utf8')).differing.length).toBeGreaterThan(1);
  });

  it('ends with 0 if all that differs was expected to', async () => {
    breakAnswers = true;
    const list = join(directory, 'expected.txt');
    await writeFile(list, `# known\n${crud.map(({ seq, n }) => `${seq} ${n}`).join('\n')}\n`);
    const { code } = await run('replay', recording, '--target', server.url, '--no-reset', '--expect-different', list);
    expect(code).toBe(0);
  });

  it.each([
    ['no target', () => [recording, '--no-reset'], "required option '--target <url>'"],
    ['a target with a path', () => [recording, '--no-reset', '--target', 'http://x/api'], 'http://host:port'],
    ['no way to empty the store', () => [recording, '--target', server.url], 'say how to empty the store'],
    [
      'an unknown category',
      () => [recording, '--target', server.url, '--no-reset', '--only', 'no'],
      'categories are crud',
    ],
    ['a missing file', () => [`${recording}x`, '--target', server.url, '--no-reset'], 'no such file'],
    ['no time', () => [recording, '--target', server.url, '--no-reset', '--timeout', '0'], 'not a number of seconds'],
    [
      'a count that is none',
      () => [recording, '--target', server.url, '--no-reset', '--show', 'x'],
      'not a whole number',
    ],
    [
      'an unwritable report',
      () => [recording, '--target', server.url, '--no-reset', '--json', '/no/x'],
      'cannot be written',
    ],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, stderr } = await run('replay', ...args());
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(server.received).toEqual([]);
  });

  it('ends with 3 when the server or the database is away', async () => {
    const away = await run('replay', recording, '--target', 'http://127.0.0.1:46098', '--no-reset');
    expect(away).toMatchObject({ code: 3, stdout: expect.stringContaining('INTERRUPTED: 127.0.0.1:46098') });
    const url = 'postgresql://me:hidden@127.0.0.1:46099/nowhere';
    const { code, stderr } = await run('replay', recording, '--target', server.url, '--reset-database', url);
    expect(code).toBe(3);
    expect(stderr).not.toContain('hidden');
  });

  it('runs a command before each sequence', async () => {
    const log = join(directory, 'resets');
    const args = [recording, '--target', server.url, '--reset-command'];
    expect(await run('replay', ...args, `echo reset >> ${log}`)).toMatchObject({ code: 0 });
    const sequences = new Set(crud.map(({ seq }) => seq)).size;
    expect(await readFile(log, 'utf8')).toBe('reset\n'.repeat(sequences));
    expect(await run('replay', ...args, 'exit 4')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('status 4'),
    });
  });
});

describe('replay with a database', () => {
  let cluster: PostgresCluster;
  let client: Client;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
    client = new Client({ connectionString: cluster.url });
    await client.connect();
    await client.query('create table waste as select generate_series(1, 1234)');
  });
  afterAll(async () => {
    await client.end();
    await cluster.stop();
  });
  const count = async (): Promise<number | undefined> => {
    const { rows } = await client.query<{ count: number }>('select count(*)::int from waste');
    return rows[0]?.count;
  };

  it('destroys nothing without consent, and says what it would destroy', async () => {
    const { code, stderr } = await run('replay', recording, '--target', server.url, '--reset-database', cluster.url);
    expect({ code, rows: await count(), sent: server.received }).toEqual({ code: 2, rows: 1234, sent: [] });
    expect(stderr).toContain('1,234 rows in 1 tables of database "postgres"');
    expect(stderr).toContain('--yes-destroy-data');
    expect(stderr).not.toContain('hidden');
  });

  it('empties it with consent', async () => {
    const args = ['--target', server.url, '--reset-database', cluster.url, '--yes-destroy-data'];
    const { code, stderr } = await run('replay', recording, ...args);
    expect({ code, rows: await count() }).toEqual({ code: 0, rows: 0 });
    expect(stderr).toContain('Destroying 1,234 rows');
  });
});

describe('record', () => {
  it('writes what replay reads', async () => {
    const out = join(directory, 'out.jsonl.gz');
    const { code, stdout } = await run('record', recording, '--target', server.url, '--no-reset', '--out', out);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `12 exchanges written to ${out}\n` });
    expect(await readFile(out)).toEqual(await readFile(recording));
  });

  it('keeps bytes that are no text, and takes requests without answers', async () => {
    const request = { seq: 'a/b', n: 1, request: { method: 'GET', target: '/', headers: [], body: null } };
    const answered = { ...request, response: { status: 404, headers: [], body_b64: '/w==' } } as Exchange;
    const bytes = await startRecordedServer([answered], (_, socket) => socket.end(answerBytes(answered)));
    const [input, out] = [join(directory, 'requests.jsonl'), join(directory, 'bytes.jsonl')];
    await writeRecordings(input, [request]);
    expect(await run('record', input, '--target', bytes.url, '--no-reset', '--out', out)).toMatchObject({ code: 0 });
    await bytes.close();
    expect(await readRecordings([out])).toEqual([answered]);
  });

  it('ends with 2 without a place to write to, and with 3 when the server is away', async () => {
    expect(await run('record', recording, '--target', server.url, '--no-reset')).toMatchObject({ code: 2 });
    const out = join(directory, 'none.jsonl');
    const { code, stderr } = await run(
      'record',
      recording,
      '--target',
      'http://127.0.0.1:46098',
      '--no-reset',
      '--out',
      out,
    );
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('cannot be reached') });
  });
});
