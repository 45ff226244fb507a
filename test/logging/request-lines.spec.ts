import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { ServerProcess } from '../../harness/server-process';

describe('the lines of a request in the log', () => {
  const cluster = useCluster();
  let server: ServerProcess;
  let text = '';
  const lines = (id: string) =>
    text
      .split('\n')
      .filter((line) => line.includes(`"requestId":"${id}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  afterEach(() => server.kill());

  async function start(environment: Record<string, string>): Promise<void> {
    text = '';
    server = ServerProcess.spawn(environment);
    server.child.stdout!.on('data', (piece: Buffer) => (text += piece.toString()));
    await server.untilListening();
  }

  const ask = (path: string, id: string) => fetch(`${server.url}${path}`, { headers: { 'x-request-id': id } });

  it('a fault and the answer to it can be joined', async () => {
    const DATABASE_URL = await cluster().createDatabase();
    await start({ DATABASE_URL });
    await server.untilReady();
    await query(DATABASE_URL, 'alter table locations rename column wire to other');
    expect((await ask('/api/locations', 'joined')).status).toBe(500);
    await eventually(() => expect(lines('joined')).toHaveLength(2));
    expect(lines('joined')).toEqual([
      expect.objectContaining({
        level: 'error',
        context: 'Contract',
        msg: expect.stringContaining('column "wire" does not exist') as string,
      }),
      expect.objectContaining({ level: 'error', msg: 'answered', status: 500, ms: expect.any(Number) as number }),
    ]);
  });

  it('503 during the start is no error, and says why', async () => {
    await start({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:9/none' });
    expect((await ask('/api/locations', 'early')).status).toBe(503);
    await eventually(() => expect(lines('early')).toHaveLength(1));
    expect(lines('early')[0]).toMatchObject({ level: 'warn', status: 503, reason: 'PostgreSQL is still starting' });
    // Another path than those of the repositories, and the same reason: the log omits what it has just told.
    expect((await ask('/health', 'health')).status).toBe(503);
    await eventually(async () => {
      expect((await ask('/health', 'later')).status).toBe(503);
      expect(lines('later').length).toBeGreaterThan(0);
    });
    expect(lines('health')).toEqual([]);
    expect(lines('later')[0]).toMatchObject({ level: 'warn', status: 503, reason: 'PostgreSQL is still starting' });
    expect(lines('later')[0]!.omitted).toBeGreaterThan(0);
  });

  it('ACCESS_LOG=on logs every answer with the bytes that the client got', async () => {
    await start({ DATABASE_URL: await cluster().createDatabase(), ACCESS_LOG: 'on' });
    await server.untilReady();
    const response = await ask('/api/collections', 'access');
    expect(await response.text()).toBe('[]');
    await eventually(() => expect(lines('access')).toHaveLength(1));
    const [line] = lines('access');
    expect(line).toMatchObject({
      level: 'info',
      method: 'GET',
      target: '/api/collections',
      status: 200,
      client: '127.0.0.1',
    });
    expect(line!.bytes).toBeGreaterThan(100);
  });
});
