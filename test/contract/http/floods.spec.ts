import { useCluster } from '../../support/clusters';
import { openSocket, readAll, statusesIn } from '../../support/raw-exchange';
import { aCollection } from '../../../harness/samples';
import { startTestApp, type TestApp } from '../../support/test-app';

/** As much as the server reads at once: some 3,400 requests. */
const READ = 'GET /x HTTP/1.1\r\n\r\n'.repeat(3400);
const LAST = 'GET /x HTTP/1.1\r\nConnection: close\r\n\r\n';
const FLOODS = 20;

/** Requests of a connection that a turn of the event loop may begin, beside those that were there before. */
const A_TURN = 50;

describe('clients that send more at once than can be answered at once', () => {
  const cluster = useCluster();
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp(await cluster().createDatabase());
  });
  afterAll(() => app.close());

  async function send(text: string): Promise<number[]> {
    const socket = await openSocket(app.url);
    const answer = readAll(socket);
    socket.write(text, 'latin1');
    return statusesIn(await answer);
  }

  it('do not have the others wait until all of it has been parsed', async () => {
    let [most, now] = [0, 0];
    app.server.on('request', () => {
      if (now === 0) setImmediate(() => (now = 0));
      now += 1;
      most = Math.max(most, now);
    });
    // One that was open before, and the first flood, of which one read may be parsed as a whole.
    const early = await openSocket(app.url);
    const answersToEarly = readAll(early);
    expect(await send(READ + LAST)).toHaveLength(3401);
    most = 0;
    early.write(READ + LAST);
    const others = await Promise.all(Array.from({ length: FLOODS - 1 }, () => send(READ + LAST)));
    for (const statuses of [...others, statusesIn(await answersToEarly)]) {
      expect(statuses).toEqual(Array<number>(3401).fill(404));
    }
    expect(most).toBeLessThan(FLOODS * A_TURN);
  });

  it('get their bodies read whatever the pieces, and others their answers meanwhile', async () => {
    const body = JSON.stringify(aCollection({ location: 'x'.repeat(500_000) }));
    const head = 'POST /api/collections HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunks = body.replace(/./g, '1\r\n$&\r\n');
    const state = { done: false };
    const flood = send(`${head}${chunks}0\r\n\r\n`).finally(() => (state.done = true));
    let answered = 0;
    for (; !state.done; answered += 1) expect((await fetch(`${app.url}/x`)).status).toBe(404);
    expect(await flood).toEqual([200]);
    expect(answered).toBeGreaterThan(200);
  });
});
