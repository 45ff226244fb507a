import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isServed } from '../database/embedded/scratch';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { openSocket, readAll, statusesIn } from '../support/raw-exchange';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { VERSION } from '../../src/version';

const servers: ServerProcess[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.kill())));

function spawnServer(environment: Record<string, string>, args: string[] = []): ServerProcess {
  const server = ServerProcess.spawn(environment, args);
  servers.push(server);
  return server;
}

async function startServer(environment: Record<string, string>): Promise<ServerProcess> {
  const server = spawnServer(environment);
  await server.untilReady();
  return server;
}

describe('the command line', () => {
  let stdout: string;
  const run = async (environment: Record<string, string>, ...args: string[]) => {
    const server = spawnServer(environment, args);
    const { code } = await server.ended;
    stdout = server.messages.join('\n');
    return { code, errors: server.errors };
  };

  it('--help explains every setting and ends with 0', async () => {
    expect(await run({}, '--help')).toEqual({ code: 0, errors: '' });
    for (const word of [
      'PORT',
      'DATABASE_URL',
      'SHUTDOWN_TIMEOUT',
      '(default 15s)',
      'allowed: ',
      'DATABASE_URL_FILE',
    ]) {
      expect(stdout).toContain(word);
    }
  });

  it('--version says the version and ends with 0', async () => {
    expect(await run({}, '--version')).toEqual({ code: 0, errors: '' });
    expect(stdout).toBe(VERSION);
  });

  it.each([['--nope'], ['extra']])('%s ends with 2 and says what is wrong', async (argument) => {
    expect(await run({}, argument)).toEqual({ code: 2, errors: expect.stringMatching(/^error: .+\n/) });
  });

  it('a wrong setting ends with 2: the variable, its value, what is allowed', async () => {
    expect(await run({ BODY_LIMIT: 'huge' })).toEqual({
      code: 2,
      errors:
        'BODY_LIMIT is "huge"; allowed: a size from 1KB to 1GB, such as 128KB or 16MB (a plain number counts bytes).\n',
    });
  });
});

describe('a setting that turns out to be wrong when it is used ends with 2 and a sentence', () => {
  const sentence = async (environment: Record<string, string>) => {
    const server = spawnServer(environment);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    return server.messages.at(-1);
  };

  it.each(['HOST', 'ADMIN_HOST'])('a %s without an address', async (variable) => {
    expect(await sentence({ [variable]: 'nosuch.invalid' })).toMatch(
      new RegExp(
        `^${variable} nosuch\\.invalid has no address \\(getaddrinfo .+\\): set ${variable} to a name or an address of this machine\\.$`,
      ),
    );
  });

  it('a HOST of another machine', async () => {
    expect(await sentence({ HOST: '192.0.2.1' })).toMatch(
      /^HOST 192\.0\.2\.1 is not an address of this machine \(.+\): set HOST /,
    );
  });

  it.each(['/etc/passwd', '/etc/passwd/x', '/proc/x'])('DATA_DIR=%s', async (folder) => {
    expect(await sentence({ DATA_DIR: folder })).toMatch(
      new RegExp(`^The data directory ${folder} cannot be used \\(.+\\): set DATA_DIR to `),
    );
  });
});

describe('with a PostgreSQL that somebody else runs', () => {
  const cluster = useCluster();
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await cluster().createDatabase();
  });

  it.each(['PORT', 'ADMIN_PORT'])('a %s that is taken ends the start with 1 and a sentence', async (variable) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = spawnServer({ DATABASE_URL: databaseUrl, [variable]: String(port) });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.messages.at(-1)).toMatch(
      `Port ${port} of 127.0.0.1 is taken: stop what listens there, or set another ${variable}`,
    );
    other.close();
  });

  it('a start without the database waits for it, and answers 503 until then', async () => {
    await cluster().shutDown();
    const server = spawnServer({ DATABASE_URL: databaseUrl });
    await server.untilListening();
    await eventually(() => expect(server.messages.join()).toContain('PostgreSQL is unavailable; retrying in'));
    const response = await fetch(`${server.url}/api/collections`);
    expect([response.status, await response.text()]).toEqual([503, '{"detail":"Service Unavailable"}']);
    expect(await server.isReady()).toBe(false);
    // Some attempts later: a line for each reason, not for each attempt.
    await sleep(2500);
    await cluster().start();
    await server.untilReady();
    const told = server.messages.filter((message) => message.startsWith('PostgreSQL is unavailable'));
    const reasons = told.map((message) => message.replace(/in \d+ ms/, ''));
    expect([...new Set(reasons)]).toEqual(reasons);
    expect(server.messages.join('\n')).toMatch(/Connected to PostgreSQL after \d+\.\d s/);
    expect((await fetch(`${server.url}/api/collections`)).status).toBe(200);
  });

  it('can be stopped while it waits for the database', async () => {
    const server = spawnServer({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:9/none' });
    await server.untilListening();
    expect(await server.interrupt()).toEqual({ code: 0, signal: null });
  });

  it('a wrong password is refused at once', async () => {
    await query(databaseUrl, `create role guarded login password 'right'`);
    const [row] = await query<{ hba_file: string }>(databaseUrl, 'show hba_file');
    await query(
      databaseUrl,
      `copy (values ('local all guarded scram-sha-256'), ('local all all trust')) to '${row!.hba_file}'`,
    );
    await query(databaseUrl, 'select pg_reload_conf()');
    const url = databaseUrl.replace('tester:hidden', 'guarded:wrong');
    await eventually(() => expect(query(url, 'select')).rejects.toThrow('password'));
    const server = spawnServer({ DATABASE_URL: url });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.messages.at(-1)).toBe(
      'PostgreSQL refuses this server: password authentication failed for user "guarded"',
    );
    expect(server.messages.join()).not.toContain('wrong');
  });

  it('a database that does not exist is refused at once', async () => {
    const server = spawnServer({ DATABASE_URL: cluster().urlOf('nowhere') });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.messages.at(-1)).toBe('PostgreSQL refuses this server: database "nowhere" does not exist');
  });

  /** A POST of which only the head has been sent. */
  async function halfPost(server: ServerProcess) {
    const body = JSON.stringify(aCollection({ location: 'in flight' }));
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString())).on('error', () => undefined);
    const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(answer)));
    socket.write(
      `POST /api/collections HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body[0]}`,
    );
    // Answers come in the order in which connections are accepted: once this one is there, so is the POST.
    await fetch(`${server.url}/health`);
    return { finish: () => socket.write(body.slice(1)), closed };
  }

  it('SIGTERM: not ready first, then what is in flight finishes, then 0', async () => {
    const server = await startServer({ DATABASE_URL: databaseUrl });
    const { url, adminUrl } = server;
    const post = await halfPost(server);
    server.child.kill('SIGTERM');
    await eventually(async () => expect((await fetch(`${adminUrl}/readyz`)).status).toBe(503));
    const late = await fetch(`${url}/api/analytics`);
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
    post.finish();
    const answer = await post.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.messages.at(-1)).toBe('Stopped');
    expect(await query(databaseUrl, `select from collections where location = 'in flight'`)).toHaveLength(1);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it('SIGTERM: a silent connection holds up nothing, and an idle one serves until the notice is over', async () => {
    const server = await startServer({ DATABASE_URL: databaseUrl });
    const [silent, half, idle] = await Promise.all([1, 2, 3].map(() => openSocket(server.url)));
    const closed = [silent!, half!, idle!].map((socket) => readAll(socket));
    half!.write('GET /hea');
    const health = 'GET /nope HTTP/1.1\r\nHost: a\r\n\r\n';
    idle!.write(health);
    await once(idle!, 'data');
    server.child.kill('SIGTERM');
    await eventually(() => expect(server.messages.join()).toContain('finishing what is in flight'));
    idle!.write(health);
    expect(statusesIn((await Promise.all(closed))[2]!)).toEqual([404, 404]);
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('a request that never ends is cut off after SHUTDOWN_TIMEOUT, and the exit code is 1', async () => {
    const server = await startServer({ DATABASE_URL: databaseUrl, SHUTDOWN_TIMEOUT: '500ms' });
    const post = await halfPost(server);
    expect(await server.stop()).toEqual({ code: 1, signal: null });
    expect(await post.closed).toBe('');
    expect(server.messages.join('\n')).toContain('Requests were still in flight after 500 ms: they are cut off');
  });

  it('a database that does not answer cannot keep it from stopping', async () => {
    const server = await startServer({ DATABASE_URL: databaseUrl, SHUTDOWN_TIMEOUT: '1s' });
    cluster().freeze();
    try {
      const asked = fetch(`${server.url}/api/collections`).catch(() => undefined);
      expect((await server.stop()).signal).toBeNull();
      await asked;
    } finally {
      cluster().thaw();
    }
  });

  it('a second signal, a second later, ends it at once', async () => {
    const server = await startServer({ DATABASE_URL: databaseUrl });
    await halfPost(server);
    server.child.kill('SIGTERM');
    await eventually(() => expect(server.messages.join()).toContain('finishing what is in flight'));
    // Within a second it would be the same one, which npm passes on.
    await sleep(1200);
    expect(await server.stop()).toEqual({ code: 1, signal: null });
  });
});

describe('with a PostgreSQL of its own', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lifecycle-'));
    // PostgreSQL's user passes through, or else the data would lie in /var/lib.
    await chmod(directory, 0o755);
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

  it('gives it the connections that the settings ask for, and nothing of the PG* variables of a shell', async () => {
    const server = await startServer({
      DATA_DIR: join(directory, 'data'),
      DATABASE_POOL_SIZE: '64',
      PGOPTIONS: '-c default_transaction_read_only=on',
      PGSSLMODE: 'require',
    });
    const created = await fetch(`${server.url}/api/collections`, json('POST', aCollection()));
    expect(created.status).toBe(200);
    const address = (await readFile(join(directory, 'data/database-url'), 'utf8')).trim();
    await eventually(async () => {
      const sessions = `select count(*)::int from pg_stat_activity where application_name = 'waste-collection-api'`;
      expect(await query(address, sessions)).toEqual([{ count: 64 }]);
    });
    expect(server.messages.join()).not.toMatch(/too many|allows the role|unavailable/);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('keeps an acknowledged row through kill -9, refuses a second server, and leaves no process behind', async () => {
    const DATA_DIR = join(directory, 'data');
    const first = await startServer({ DATA_DIR });
    const created = await fetch(`${first.url}/api/collections`, json('POST', aCollection()));
    const row = await created.text();
    await first.kill();

    const again = await startServer({ DATA_DIR });
    expect(await (await fetch(`${again.url}/api/collections/1`)).text()).toBe(row);

    const second = spawnServer({ DATA_DIR });
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.messages.at(-1)).toMatch(/data directory .* is in use by another instance of the API \(process \d+/);

    const { uid } = await stat(join(DATA_DIR, 'postgres'));
    expect(await isServed(DATA_DIR, uid)).toBe(true);
    expect(await again.stop()).toEqual({ code: 0, signal: null });
    expect(await isServed(DATA_DIR, uid)).toBe(false);
  });
});
