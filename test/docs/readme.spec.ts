import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { useCluster } from '../support/clusters';
import { describeWith } from '../support/describe-with';
import { missing } from '../support/missing';
import { ServerProcess } from '../../harness/server-process';

const run = promisify(execFile);

const README = resolve(__dirname, '../../README.md');
const text = readFileSync(README, 'utf8');

interface Example {
  readonly command: string;
  readonly output: string;
}

/** The commands of the README's console blocks, in their order, each with what it prints there. */
const examples: Example[] = [...text.matchAll(/^```console\n([^]*?)^```$/gm)]
  .flatMap(([, block = '']) => block.split(/^\$ /m).slice(1))
  .map((example) => {
    const end = example.indexOf('\n');
    return { command: example.slice(0, end), output: example.slice(end + 1).trimEnd() };
  });

const masked = (output: string) => output.replace(/(?<="timestamp":")[^"]+/, 'now').trimEnd();

describeWith(missing('curl', 'curl'), 'the commands of the README', () => {
  const cluster = useCluster();
  let server: ServerProcess;

  beforeAll(async () => {
    server = await ServerProcess.start({ DATABASE_URL: await cluster().createDatabase() });
  });
  afterAll(() => server.stop());

  test.each(examples)('$command', async ({ command, output }) => {
    const here = command.replace('http://127.0.0.1:8000', server.url).replace('http://127.0.0.1:9000', server.adminUrl);
    expect(here).not.toBe(command);
    const { stdout } = await run('sh', ['-c', here]);
    expect(masked(stdout)).toBe(masked(output));
  });
});

test('there are examples for every path of the API', () => {
  const commands = examples.map(({ command }) => command).join('\n');
  const paths = [
    '/api/collections',
    '/api/collections/1',
    '/api/locations',
    '/api/analytics',
    '/health',
    '/livez',
    '/readyz',
  ];
  for (const path of paths) expect(commands).toContain(path);
});

test.each([
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/divergences.md',
  'docs/cutover.md',
  'docs/following.md',
  'deploy/haproxy/README.md',
  'deploy/nginx/README.md',
  'deploy/systemd/README.md',
])('the links of %s lead to files', (name) => {
  const file = resolve(dirname(README), name);
  const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
  for (const link of links) expect([link, existsSync(resolve(dirname(file), link))]).toEqual([link, true]);
});
