import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { writeFile } from 'node:fs/promises';
import { describeWith } from '../support/describe-with';
import { freePort } from '../../harness/free-port';
import { useCluster } from '../support/clusters';
import { aCollection } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';
import { missing } from '../support/missing';
import { Balancer, check, NGINX } from '../../harness/balancer';
import { Deployment, nginxMain } from './deployment';

describeWith(missing(NGINX, 'nginx'), 'login.conf of nginx', () => {
  const cluster = useCluster();
  let app: TestApp;
  let deployment: Deployment;
  let balancer: Balancer;
  let port: number;

  beforeAll(async () => {
    app = await startTestApp(await cluster().createDatabase());
    port = await freePort();
    deployment = await Deployment.of('nginx', {
      'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
      '127.0.0.1:8000': new URL(app.url).host,
      '/etc/nginx': '@',
    });
    await deployment.adapt('login.conf');
    await writeFile(deployment.path('nginx.conf'), nginxMain('login.conf'));
    const files = ['-keyout', deployment.path('waste.key'), '-out', deployment.path('waste.crt')];
    const subject = ['-subj', '/CN=waste.example', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], { stdio: 'pipe' });
    const hash = execFileSync('openssl', ['passwd', '-apr1', 'secret'], { encoding: 'utf8' });
    await writeFile(deployment.path('waste.htpasswd'), `dispatcher:${hash}`);
    balancer = await Balancer.start(NGINX, deployment.nginxArguments(), port);
  });
  afterAll(async () => {
    await balancer.kill();
    await app.close();
    await deployment.remove();
  });

  async function ask(
    method: string,
    path: string,
    { login = true, ...headers }: { login?: boolean } & Record<string, string | boolean> = {},
  ): Promise<IncomingMessage> {
    const options = { host: '127.0.0.1', port, path, method, rejectUnauthorized: false };
    const auth = login ? { auth: 'dispatcher:secret' } : {};
    const asking = request({ ...options, ...auth, headers: { host: 'waste.example', ...(headers as object) } });
    asking.end(method === 'POST' ? JSON.stringify(aCollection()) : undefined);
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.resume();
    return answer;
  }

  test('is accepted without a warning', async () => {
    const { code, words } = await check(NGINX, ['-t', ...deployment.nginxArguments()]);
    expect({ code, words }).toEqual({ code: 0, words: expect.not.stringMatching(/\[(?:warn|emerg)\]/) });
  });

  test('nobody reads or writes without the login', async () => {
    expect((await ask('GET', '/api/collections', { login: false })).statusCode).toBe(401);
    expect((await ask('POST', '/api/collections', { login: false })).statusCode).toBe(401);
    expect((await ask('OPTIONS', '/api/collections', { login: false })).statusCode).toBe(401);
    expect((await ask('GET', '/api/collections')).statusCode).toBe(200);
  });

  test('a page of another origin cannot write with the login that the browser knows', async () => {
    const foreign = { origin: 'https://elsewhere.example' };
    expect((await ask('POST', '/api/collections', foreign)).statusCode).toBe(403);
    expect((await ask('DELETE', '/api/collections/1', { origin: 'null' })).statusCode).toBe(403);
    expect((await ask('POST', '/api/collections', { origin: 'https://waste.example' })).statusCode).toBe(200);
    expect((await ask('POST', '/api/collections')).statusCode).toBe(200);
    const read = await ask('GET', '/api/collections', foreign);
    expect(read.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('redirects stay on https', async () => {
    expect((await ask('GET', '/api/collections/')).headers.location).toBe('https://waste.example/api/collections');
  });
});
