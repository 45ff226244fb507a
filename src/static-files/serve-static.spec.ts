import { Logger } from '@nestjs/common';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:http';
import { createServer, get, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveStatic } from './serve-static';

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Stands for what the adapter has set before. */
const CORS = { 'access-control-allow-origin': '*' };
const ETAG = '1c4f96c824b83dfdab1c9f84db76e117';
const NEW_YEAR = 'Mon, 01 Jan 2024 00:00:00 GMT';
const PAGE: Answer = {
  status: 200,
  headers: {
    ...CORS,
    'content-type': 'text/html; charset=utf-8',
    'content-length': '4',
    'last-modified': NEW_YEAR,
    etag: ETAG,
  },
  body: '<p>\n',
};
const NOT_FOUND: Answer = {
  status: 404,
  headers: { ...CORS, 'content-type': 'application/json', 'content-length': '22' },
  body: '{"detail":"Not Found"}',
};

let base: string;
let server: Server;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'static-files-'));
  mkdirSync(join(base, 'site/css'), { recursive: true });
  mkdirSync(join(base, 'behind/docs'), { recursive: true });
  mkdirSync(join(base, 'site-private'));
  writeFileSync(join(base, 'site/index.html'), '<p>\n');
  utimesSync(join(base, 'site/index.html'), 1_704_067_200, 1_704_067_200);
  writeFileSync(join(base, 'site/css/styles.css'), 'body{}\n');
  writeFileSync(join(base, 'site/é à.txt'), 'x');
  writeFileSync(join(base, 'site/.well-known'), 'x');
  writeFileSync(join(base, 'site/..dots.txt'), 'x');
  writeFileSync(join(base, 'site/empty.json'), '');
  writeFileSync(join(base, 'site/large.bin'), Buffer.alloc(3_000_000, 'a'));
  writeFileSync(join(base, 'secret.txt'), 'secret');
  writeFileSync(join(base, 'site-private/secret.txt'), 'secret');
  writeFileSync(join(base, 'behind/docs/page.js'), 'behind');
  writeFileSync(join(base, 'behind/index.html'), 'hidden by the first folder');
  symlinkSync('../secret.txt', join(base, 'site/leak.txt'));
  symlinkSync('..', join(base, 'site/leak'));
  symlinkSync('css/styles.css', join(base, 'site/inside.css'));
  symlinkSync('loop', join(base, 'site/loop'));
  server = createServer((req, res) => {
    const path = Buffer.from(unescapePercents(req.url ?? ''), 'latin1').toString();
    const roots = req.headers['x-test-roots'] === 'broken' ? ['\0'] : [join(base, 'site'), join(base, 'behind')];
    res.setHeader('access-control-allow-origin', '*');
    void serveStatic(req, res, path.slice('/static/'.length), roots);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(base, { recursive: true });
});

const unescapePercents = (target: string): string =>
  target.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** One exchange, its target sent as it is; headers without those that Node adds to every answer. */
function ask(target: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ port, host: '127.0.0.1', path: target, method, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('error', reject);
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = res.headers;
        resolve({
          status: res.statusCode!,
          headers: rest as Answer['headers'],
          body: Buffer.concat(chunks).toString(),
        });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('a file', () => {
  it('has exactly the headers of the contract', async () => {
    expect(await ask('/static/index.html')).toEqual(PAGE);
  });

  it('has the same head for HEAD', async () => {
    expect(await ask('/static/index.html', 'HEAD')).toEqual({ ...PAGE, body: '' });
  });

  it.each([
    '/static//index.html',
    '/static/./index.html',
    '/static/css/../index.html',
    '/static/css/../../site/index.html',
    '/static/index.html/',
    '/static/%69ndex.html',
  ])('is also found as %s', async (target) => {
    expect(await ask(target)).toEqual(PAGE);
  });

  it.each([
    ['/static/css/styles.css', 'text/css; charset=utf-8', 'body{}\n'],
    ['/static/inside.css', 'text/css; charset=utf-8', 'body{}\n'],
    ['/static/%C3%A9%20%C3%A0.txt', 'text/plain; charset=utf-8', 'x'],
    ['/static/.well-known', 'text/plain; charset=utf-8', 'x'],
    ['/static/..dots.txt', 'text/plain; charset=utf-8', 'x'],
    ['/static/empty.json', 'application/json', ''],
    ['/static/docs/page.js', 'text/javascript; charset=utf-8', 'behind'],
  ])('%s is sent as %s', async (target, type, body) => {
    const answer = await ask(target);
    expect([answer.status, answer.headers['content-type'], answer.body]).toEqual([200, type, body]);
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  it('larger than a buffer arrives whole', async () => {
    const { body, headers } = await ask('/static/large.bin');
    expect([body.length, headers['content-length']]).toEqual([3_000_000, '3000000']);
  });
});

describe('conditions', () => {
  it.each([
    ['the etag', { 'if-none-match': ETAG }],
    ['the time', { 'if-modified-since': NEW_YEAR }],
    ['the etag, with no-cache', { 'if-none-match': ETAG, 'cache-control': 'no-cache' }],
  ])('%s: 304 with the etag alone', async (_, headers) => {
    const unchanged = { status: 304, headers: { ...CORS, etag: ETAG }, body: '' };
    expect(await ask('/static/index.html', 'GET', headers)).toEqual(unchanged);
    expect(await ask('/static/index.html', 'HEAD', headers)).toEqual(unchanged);
  });

  it.each([
    ['Range', { range: 'bytes=0-1' }],
    ['If-Match', { 'if-match': 'x' }],
    ['If-Unmodified-Since', { 'if-unmodified-since': 'Sun, 31 Dec 2000 23:59:59 GMT' }],
    ['Accept-Encoding', { 'accept-encoding': 'gzip' }],
  ])('%s changes nothing', async (_, headers) => {
    expect(await ask('/static/index.html', 'GET', headers)).toEqual(PAGE);
  });
});

describe('no file', () => {
  it.each([
    '/static/',
    '/static//',
    '/static/nope.js',
    '/static/INDEX.html',
    '/static/css',
    '/static/css/',
    '/static/css/styles.css/x',
    '/static/loop',
    `/static/${'x'.repeat(300)}`,
    '/static/%00',
    '/static/index.html%00',
    '/static/in%0Adex.html',
  ])('%s: 404', async (target) => {
    expect(await ask(target)).toEqual(NOT_FOUND);
  });

  it.each([
    '/static/../secret.txt',
    '/static/%2e%2e/secret.txt',
    '/static/..%2fsecret.txt',
    '/static/css/../../secret.txt',
    '/static/../site-private/secret.txt',
    '/static/leak.txt',
    '/static/leak/secret.txt',
    '/static//etc/passwd',
    '/static/%2fetc%2fpasswd',
    '/static/..',
    '/static/..%5csecret.txt',
  ])('%s does not lead out of the folder', async (target) => {
    expect(await ask(target)).toEqual(NOT_FOUND);
  });

  it('HEAD has the length of the answer to GET', async () => {
    expect(await ask('/static/nope.js', 'HEAD')).toEqual({ ...NOT_FOUND, body: '' });
  });

  it('a file that we may not read is not there', async () => {
    writeFileSync(join(base, 'site/locked.txt'), 'x');
    chmodSync(join(base, 'site/locked.txt'), 0);
    const mayReadAll = process.getuid?.() === 0;
    expect((await ask('/static/locked.txt')).status).toBe(mayReadAll ? 200 : 404);
  });
});

it('where the file system fails, answers as the crash of the old server, without CORS headers', async () => {
  const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation();
  expect(await ask('/static/index.html', 'GET', { 'x-test-roots': 'broken' })).toEqual({
    status: 500,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': '21' },
    body: 'Internal Server Error',
  });
  expect(logged).toHaveBeenCalledTimes(1);
});

it('cuts the connection when a file shrinks while it is sent', async () => {
  const file = join(base, 'site/shrinking.bin');
  // More than the sockets between hold, so that the sender must still be reading when the file is cut.
  writeFileSync(file, Buffer.alloc(64_000_000));
  const { port } = server.address() as AddressInfo;
  const received = new Promise<boolean>((resolve) => {
    get({ port, host: '127.0.0.1', path: '/static/shrinking.bin' }, (res) => {
      truncateSync(file, 1000);
      res.on('error', () => undefined).on('close', () => resolve(res.complete));
      res.resume();
    });
  });
  expect(await received).toBe(false);
  expect((await ask('/static/index.html')).status).toBe(200);
});

it('goes on serving when a client leaves in the middle', async () => {
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    const leaving = get({ port, host: '127.0.0.1', path: '/static/large.bin' }, (res) => {
      res.on('error', () => undefined).once('data', () => leaving.destroy());
      res.on('close', resolve);
    });
  });
  expect((await ask('/static/large.bin')).body).toHaveLength(3_000_000);
});
