import { connect } from 'node:net';
import { useCluster } from '../../support/clusters';
import { answersIn, sendText } from '../../support/raw-client';
import { aCollection, json } from '../../../harness/samples';
import { startTestApp, type TestApp } from '../../support/test-app';

const head = (line: string, ...headers: string[]) => [`${line} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n');
const closing = 'Connection: close';

describe('limits and odd requests', () => {
  const cluster = useCluster();

  describe('over HTTP', () => {
    let app: TestApp;

    beforeAll(async () => {
      app = await startTestApp(await cluster().createDatabase(), {
        BODY_LIMIT: '4KB',
        HEAD_LIMIT: '2KB',
        REQUEST_TIMEOUT: '1s',
      });
    });
    afterAll(() => app.close());

    const long = 'x'.repeat(5000);

    it('a body that says it is too large is answered with 413, and nothing of it is read', async () => {
      const text = await sendText(app.url, head('POST /api/collections', 'Content-Length: 5000'));
      expect(answersIn(text)).toEqual([
        {
          status: 413,
          head: expect.stringMatching(/^connection: close$/im),
          body: '{"detail":"Request Entity Too Large"}',
        },
      ]);
    });

    it('a chunked body is answered with 413 when it has grown too large', async () => {
      const text = await sendText(app.url, [
        head('POST /api/collections', 'Transfer-Encoding: chunked'),
        `1388\r\n${long}\r\n`,
      ]);
      expect(answersIn(text)).toMatchObject([{ status: 413, body: '{"detail":"Request Entity Too Large"}' }]);
    });

    it('a body of exactly the limit is read', async () => {
      const start = JSON.stringify(aCollection({ location: '' }));
      const body = aCollection({ location: 'y'.repeat(4096 - start.length) });
      expect(JSON.stringify(body)).toHaveLength(4096);
      expect((await fetch(`${app.url}/api/collections`, json('POST', body))).status).toBe(200);
    });

    it('a 413 carries the CORS headers that a page needs to read it', async () => {
      const text = await sendText(
        app.url,
        head('POST /api/collections', 'Origin: http://a.test', 'Content-Length: 5000'),
      );
      expect(text).toMatch(/\r\naccess-control-allow-origin: \*\r\n/);
    });

    it('a head that is too large is answered with 431', async () => {
      const text = await sendText(app.url, head('GET /health', `X-Long: ${long}`));
      expect(answersIn(text)).toMatchObject([{ status: 431, body: '{"detail":"Request Header Fields Too Large"}' }]);
    });

    it('a request that is not sent to its end is answered with 408', async () => {
      const text = await sendText(app.url, `${head('POST /api/collections', 'Content-Length: 10')}{`);
      expect(answersIn(text)).toMatchObject([{ status: 408, body: '{"detail":"Request Timeout"}' }]);
    });

    it('a client that goes away in the middle of its body does no harm', async () => {
      const { port } = new URL(app.url);
      for (let n = 0; n < 5; n++) {
        await new Promise((closed) => {
          const socket = connect(Number(port), '127.0.0.1', () => {
            socket.write(`${head('POST /api/collections', 'Content-Length: 100')}{"loc`, () => socket.destroy());
          });
          socket.on('close', closed);
        });
      }
      expect((await fetch(`${app.url}/health`)).status).toBe(200);
    });

    it('many requests sent at once on one connection are answered in their order', async () => {
      const requests = [
        head('GET /api/collections/abc'),
        head('GET /nope'),
        head('PATCH /health'),
        `${head('POST /api/locations', 'Content-Length: 2')}{}`,
        head('GET /api/analytics'),
        head('GET /api/collections/77', closing),
      ];
      const answers = answersIn(await sendText(app.url, requests.join('')));
      expect(answers.map(({ status }) => status)).toEqual([422, 404, 405, 422, 200, 404]);
    });

    it('malformed bytes that come with a request take the place of its answer, as the old server had it', async () => {
      const answers = answersIn(await sendText(app.url, `${head('GET /api/analytics')}NONSENSE\r\n\r\n`));
      expect(answers).toMatchObject([{ status: 400, body: 'Invalid HTTP request received.' }]);
    });

    it.each([
      ['an empty Transfer-Encoding, which changes nothing', 'Transfer-Encoding:', 1],
      ['an unknown Transfer-Encoding, behind what was asked', 'Transfer-Encoding: identity', 0],
      ['a chunk that is none, behind what was asked', 'Transfer-Encoding: chunked\r\n\r\nzz', 0],
    ])('a DELETE with %s, is malformed', async (_, header, left) => {
      const created = await fetch(`${app.url}/api/collections`, json('POST', aCollection()));
      const path = `/api/collections/${((await created.json()) as { id: number }).id}`;
      const answers = answersIn(await sendText(app.url, head(`DELETE ${path}`, header)));
      expect(answers).toMatchObject([{ status: 400, body: 'Invalid HTTP request received.' }]);
      expect((await fetch(app.url + path)).status).toBe(left === 1 ? 200 : 404);
    });

    it.each([
      ['a method that nobody knows', 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['a raw space', 'GET /api collections HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['a raw byte', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['an absolute form without a path', `GET http://a.test HTTP/1.1\r\nHost: a\r\n\r\n`],
      ['CONNECT to a host', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['two lengths', 'POST /api/locations HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
      [
        'a length and chunks',
        'POST /api/locations HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['a folded header', 'GET /health HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ])('%s is malformed', async (_, text) => {
      const [answer] = answersIn(await sendText(app.url, text));
      expect(answer).toMatchObject({ status: 400, body: 'Invalid HTTP request received.' });
      expect(answer?.head).toMatch(/content-type: text\/plain; charset=utf-8/i);
      expect(answer?.head).not.toMatch(/access-control/i);
    });

    it('CONNECT with a path is a method like any other', async () => {
      const answers = answersIn(await sendText(app.url, head('CONNECT /health', closing)));
      expect(answers).toMatchObject([{ status: 405, body: '{"detail":"Method Not Allowed"}' }]);
    });

    it('an expectation that nobody knows is ignored', async () => {
      const answers = answersIn(await sendText(app.url, head('GET /health', 'Expect: miracles', closing)));
      expect(answers).toMatchObject([{ status: 200 }]);
    });

    it('header bytes beyond ASCII are echoed as they came', async () => {
      const text = await sendText(app.url, head('GET /health', 'Origin: http://\xe9.test', 'Cookie: a=b', closing));
      expect(text).toContain('access-control-allow-origin: http://\xe9.test\r\n');
    });

    it('every page and file has a type, and none a header that the old server did not send', async () => {
      for (const path of ['/', '/docs', '/redoc', '/docs/oauth2-redirect', '/openapi.json', '/static/index.html']) {
        const response = await fetch(`${app.url}${path}`);
        await response.arrayBuffer();
        expect([path, response.status, response.headers.get('x-powered-by')]).toEqual([path, 200, null]);
      }
    });
  });
});
