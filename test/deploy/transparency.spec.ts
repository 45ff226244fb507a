import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sequencesOf, type Exchange } from '../../src/recordings/exchange';
import { readRecordings } from '../../src/recordings/files';
import { replay } from '../../src/recordings/replay';
import { exchangeText } from '../../src/recordings/report';
import { describeWithReference } from '../reference/describe-with-reference';
import { startReference, type Reference } from '../../harness/reference';
import { describeWith } from '../support/describe-with';
import { freePort } from '../../harness/free-port';
import { missing } from '../support/missing';
import { Balancer, HAPROXY, NGINX } from '../../harness/balancer';
import { Deployment, nginxMain } from './deployment';

const RECORDINGS = resolve(__dirname, '../contract/recordings');
const CATEGORIES = ['crud', 'paths', 'methods', 'cors', 'bodies'];

// What the balancers' READMEs say that does not go through them as it is, and nothing else may differ.

const hasHeader = ({ request }: Exchange, name: string): number =>
  request.headers.filter(([key]) => key.toLowerCase() === name).length;

/** The balancer itself says by which scheme it was reached. */
const namesTheScheme = (exchange: Exchange): boolean => hasHeader(exchange, 'x-forwarded-proto') > 0;

const MEANT: Record<'haproxy' | 'nginx', (exchange: Exchange) => boolean> = {
  haproxy: (exchange) => {
    const { target } = exchange.request;
    const namesAnotherHost = target.startsWith('http://other.test/') || hasHeader(exchange, 'host') > 1;
    // Its own page, in other words than those of both servers.
    const isMalformed = /[^!-~]/.test(target);
    return isMalformed || namesTheScheme(exchange) || target.includes('#') || namesAnotherHost;
  },
  nginx: (exchange) => {
    const { method, target } = exchange.request;
    const hasNoReadablePath = /%00|%(?![0-9a-f]{2})/i.test(target) || target === '/../' || target === 'http://api.test';
    const hosts = exchange.request.headers.filter(([name]) => name.toLowerCase() === 'host');
    const hasOddHost = hosts.length > 1 || hosts.some(([, value]) => value?.includes(' '));
    return namesTheScheme(exchange) || method === 'TRACE' || hasNoReadablePath || hasOddHost;
  },
};

describeWithReference('the recordings through the balancer, to the old server', () => {
  let reference: Reference;
  let deployment: Deployment;
  let balancer: Balancer | undefined;
  let port: number;

  beforeAll(async () => {
    reference = await startReference();
  });
  afterAll(() => reference.stop());
  beforeEach(async () => (port = await freePort()));
  afterEach(async () => {
    await balancer?.kill();
    balancer = undefined;
    await deployment.remove();
  });

  /** The exchanges that are answered otherwise although nothing says that they are. */
  async function differing(meant: (exchange: Exchange) => boolean): Promise<string[]> {
    const recordings = await readRecordings(CATEGORIES.map((name) => join(RECORDINGS, `${name}.jsonl.gz`)));
    const report = await replay(sequencesOf(recordings), {
      target: { host: '127.0.0.1', port },
      reset: () => fetch(reference.resetUrl),
    });
    expect(report.interrupted).toBeUndefined();
    return report.differing.filter(({ exchange }) => !meant(exchange)).map(exchangeText);
  }

  const address = (): string => new URL(reference.url).host;

  describeWith(missing(HAPROXY, 'haproxy'), 'HAProxy', () => {
    test('are answered as recorded, but for what its README names', async () => {
      deployment = await Deployment.of('haproxy', {
        'bind :80': `bind 127.0.0.1:${port}`,
        '127.0.0.1:8000': address(),
        '/etc/haproxy': '@',
        '/run/haproxy': '@',
      });
      const configuration = 'in-front-of-the-gateway.cfg';
      await deployment.adapt(configuration);
      balancer = await Balancer.start(HAPROXY, ['-db', '-f', deployment.path(configuration)], port);
      expect(await differing(MEANT.haproxy)).toEqual([]);
    });
  });

  describeWith(missing(NGINX, 'nginx'), 'nginx', () => {
    test('are answered as recorded, but for what its README names', async () => {
      deployment = await Deployment.of('nginx', {
        'listen 80;': `listen 127.0.0.1:${port};`,
        '127.0.0.1:8000': address(),
        '/etc/nginx': '@',
      });
      await deployment.adapt('in-front-of-the-gateway.conf', 'waste/front-blue.conf');
      await symlink('front-blue.conf', deployment.path('waste/front.conf'));
      await writeFile(deployment.path('nginx.conf'), nginxMain('in-front-of-the-gateway.conf'));
      balancer = await Balancer.start(NGINX, deployment.nginxArguments(), port);
      expect(await differing(MEANT.nginx)).toEqual([]);
    });
  });
});
