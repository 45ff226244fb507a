import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../harness/eventually';
import { freePort } from '../../harness/free-port';
import { WatchedSides } from '../cutover/control/watched-sides';
import { describeWith } from '../support/describe-with';
import { useCluster } from '../support/clusters';
import { missing } from '../support/missing';

const ROOT = join(__dirname, '../..');
const DEPLOYED = join(ROOT, 'deploy/prometheus');
const BOARD = join(ROOT, 'deploy/grafana/waste-gateway.json');
const run = promisify(execFile);

interface Board {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const exprsIn = ({ panels, annotations }: Board): string[] => [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...annotations.list.map(({ expr }) => expr),
];

/** The names of metrics in an expression, without what a histogram appends. */
function namesIn(text: string): string[] {
  const found = text.match(/\b(?:waste_gateway|process|nodejs)_[a-z0-9_]+/g) ?? [];
  return found.map((name) => name.replace(/_bucket$/, ''));
}

describe('the board and the alerts', () => {
  const cluster = useCluster();
  let sides: WatchedSides;
  beforeAll(async () => {
    sides = await WatchedSides.start(cluster());
  });
  afterAll(() => sides.stop());

  it('ask for no metric that the gateway does not have', async () => {
    const metrics = await (await sides.look('/metrics')).text();
    const known = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const board = JSON.parse(await readFile(BOARD, 'utf8')) as Board;
    const rules = await readFile(join(DEPLOYED, 'waste-gateway.rules.yml'), 'utf8');
    const asked = [...exprsIn(board).flatMap(namesIn), ...namesIn(rules)];
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});

describeWith(missing('promtool', 'prometheus'), 'promtool', () => {
  it('accepts the rules, and each alert fires when it should and not before', async () => {
    const options = { cwd: DEPLOYED };
    await expect(run('promtool', ['check', 'rules', 'waste-gateway.rules.yml'], options)).resolves.toMatchObject({
      stdout: expect.stringContaining('SUCCESS'),
    });
    await expect(run('promtool', ['test', 'rules', 'waste-gateway.rules.test.yml'], options)).resolves.toMatchObject({
      stdout: expect.stringContaining('SUCCESS'),
    });
  });
});

describeWith(missing('prometheus', 'prometheus'), 'Prometheus', () => {
  const cluster = useCluster();

  it('scrapes a gateway with the deployed configuration, and the board shows something', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const watchToken = 'a-token-that-only-sees';
    await writeFile(join(folder, 'waste-gateway.token'), watchToken);
    const sides = await WatchedSides.start(cluster(), '--watch-token-file', join(folder, 'waste-gateway.token'));
    const port = await freePort();
    const text = (await readFile(join(DEPLOYED, 'prometheus.yml'), 'utf8'))
      .replaceAll('/etc/prometheus', folder)
      .replace('127.0.0.1:9100', new URL(sides.gateway.control).host)
      .replaceAll('5s', '1s');
    await writeFile(join(folder, 'prometheus.yml'), text);
    await copyFile(join(DEPLOYED, 'waste-gateway.rules.yml'), join(folder, 'waste-gateway.rules.yml'));
    await run('promtool', ['check', 'config', join(folder, 'prometheus.yml')]);
    const storage = [`--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
    const prometheus = spawn('prometheus', [`--config.file=${join(folder, 'prometheus.yml')}`, ...storage], {
      stdio: 'ignore',
    });
    try {
      const ask = async (expr: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`);
        return (await answer.json()) as { status: string; error?: string; data: { result: unknown[] } };
      };
      await sides.shadow();
      const board = JSON.parse(await readFile(BOARD, 'utf8')) as Board;
      const emptyPanels = async () => {
        const empty: string[] = [];
        for (const { title, targets } of board.panels) {
          let count = 0;
          for (const { expr } of targets) {
            const { status, error, data } = await ask(expr.replaceAll('$instance', '.*'));
            expect({ expr, status, error }).toEqual({ expr, status: 'success', error: undefined });
            count += data.result.length;
          }
          if (count === 0) empty.push(title);
        }
        return empty;
      };
      // A rate is there from the second scrape on. Nothing fails here.
      await eventually(async () => {
        await sides.create();
        await fetch(`${sides.gateway.url}/api/collections`);
        expect(await emptyPanels()).toEqual(['Errors of the sides']);
      });
    } finally {
      const ended = once(prometheus, 'exit');
      prometheus.kill('SIGTERM');
      await ended;
      await sides.stop();
      await rm(folder, { recursive: true, maxRetries: 5 });
    }
  });
});
