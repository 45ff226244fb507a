import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOf, create, fillSide } from '../cutover/filled-side';
import { Scratch } from '../database/embedded/scratch';
import { Load } from '../../harness/load';
import { startBuilt } from '../../harness/built-program';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { startTestApp } from '../support/test-app';
import { backup, restore } from './programs';

jest.setTimeout(300_000);

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'restore-'));
  file = join(directory, 'waste.gz');
});
afterEach(() => rm(directory, { recursive: true }));

describe('a restore into the database of a running server', () => {
  const cluster = useCluster();

  it('shows at once, gives the next id, and fails no request but with 503', async () => {
    const url = await cluster().createDatabase();
    const app = await startTestApp(url);
    await fillSide(app.url);
    const answers = await answersOf(app.url);
    await backup(url, file);
    const next = await create(app.url);
    const requests = [
      (n: number) => ({
        url: `${app.url}/api/collections`,
        init: json('POST', aCollection({ location: String(n) })),
      }),
      () => ({ url: `${app.url}/api/collections` }),
      () => ({ url: `${app.url}/api/analytics` }),
      (n: number) => ({ url: `${app.url}/api/collections/3`, init: json('PUT', aCollection({ quantity: n })) }),
    ];
    const load = new Load({ requests, inFlight: 8, answerWithin: 60_000 });
    await load.untilMore(200, 100);
    expect(await restore(url, file, '--replace')).toMatchObject({ code: 0, stderr: '' });
    await load.untilMore(200, 100);
    const statuses = new Set((await load.stop()).map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);

    // Without writers: what is kept of the answers before is not given again.
    expect(await restore(url, file, '--replace')).toMatchObject({ code: 0 });
    expect(await answersOf(app.url)).toEqual(answers);
    expect(await create(app.url)).toBe(next);
    await app.close();
  });

  it('leaves the list that is being sent whole', async () => {
    const url = await cluster().createDatabase();
    const server = await ServerProcess.start({ DATABASE_URL: url });
    await backup(url, file);
    await query(
      url,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       select id, repeat('x', 500), 'paper', id, 'kg', '2024-01-02', 'pending' from generate_series(1, 60000) id`,
    );
    // Some 40 MB: more than the sockets between hold.
    const [response] = (await once(get(`${server.url}/api/collections`), 'response')) as [IncomingMessage];
    expect(await restore(url, file, '--replace')).toMatchObject({ code: 0 });
    expect(await (await fetch(`${server.url}/api/collections`)).text()).toBe('[]');
    const pieces: Buffer[] = [];
    for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
    expect(response.complete).toBe(true);
    expect(JSON.parse(Buffer.concat(pieces).toString())).toHaveLength(60_000);
    await server.stop();
  });
});

describe('with the embedded PostgreSQL', () => {
  let scratch: Scratch;
  beforeEach(async () => (scratch = await Scratch.make()));
  afterEach(() => scratch.cleanUp());

  const run = (program: 'backup' | 'restore', dataDir: string) =>
    startBuilt(`backup/${program}.main.js`, [file], { DATA_DIR: scratch.path(dataDir) }).ended;
  const start = (dataDir: string) => ServerProcess.start({ DATA_DIR: scratch.path(dataDir) });

  it('a backup moves from one DATA_DIR to a new one, and a server that does not run is asked for', async () => {
    const server = await start('old');
    await fillSide(server.url);
    const answers = await answersOf(server.url);
    expect(await run('backup', 'old')).toMatchObject({ code: 0 });
    await server.interrupt();
    expect(await run('backup', 'none')).toMatchObject({ code: 2, stderr: expect.stringContaining('start the server') });
    expect(await run('restore', 'old')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the PostgreSQL of \S+old runs as long as its server does: start the server\n$/),
    });
    const fresh = await start('new');
    expect(await run('restore', 'new')).toMatchObject({ code: 0 });
    expect(await answersOf(fresh.url)).toEqual(answers);
    await fresh.interrupt();
  });
});
