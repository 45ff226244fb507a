import { exchange, openSocket, statusesIn } from '../support/raw-exchange';
import { aLocation } from '../../harness/samples';
import { useTwoSides } from './support/two-sides';

const BODY = JSON.stringify(aLocation());
const GET = 'GET /api/locations HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = `POST /api/locations HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const CONNECT = 'CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a client that closes its sending half, or resets, before the gateway', () => {
  const sides = useTwoSides();

  it.each([
    ['a read', GET, [200]],
    ['a write', POST, [200]],
    ['a write and a read', POST + GET, [200, 200]],
    ['half a head', 'GET /he', []],
    ['a read and half a head', `${GET}GET /he`, [200]],
    ['half a write', POST.slice(0, -1), []],
  ])('%s', async (_, text, statuses) => {
    expect(statusesIn(await exchange(sides().through.url, [text], { halfClose: true }))).toEqual(statuses);
  });

  it('CONNECT behind a read is answered in its turn, and a reset ends nothing but the connection', async () => {
    expect(statusesIn(await exchange(sides().through.url, [GET + CONNECT]))[0]).toBe(200);
    for (const text of [CONNECT, GET + CONNECT, GET.repeat(100), POST.slice(0, -1)]) {
      const socket = await openSocket(sides().through.url);
      socket.resume().write(text);
      socket.resetAndDestroy();
    }
    expect(statusesIn(await exchange(sides().through.url, [GET], { halfClose: true }))).toEqual([200]);
  });
});
