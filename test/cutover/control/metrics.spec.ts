import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../harness/eventually';
import { describeWith } from '../../support/describe-with';
import { missing } from '../../support/missing';
import { useCluster } from '../../support/clusters';
import { WatchedSides } from './watched-sides';

const WATCH_TOKEN = 'a-token-that-only-sees';

describe('the metrics of a gateway', () => {
  const cluster = useCluster();
  let sides: WatchedSides;
  beforeEach(async () => {
    sides = await WatchedSides.start(cluster());
  });
  afterEach(() => sides.stop());

  const metrics = async () => (await sides.look('/metrics')).text();
  /** The value of one series, by the beginning of its line. */
  const valueOf = (text: string, series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length + 1),
    );

  it('count what clients and sides do', async () => {
    await sides.shadow();
    await sides.create();
    await sides.create({ waste_type: 5 });
    await sides.level();
    await fetch(`${sides.gateway.url}/api/collections`);
    await eventually(async () => {
      const text = await metrics();
      const values = {
        phase: valueOf(text, 'waste_gateway_phase{phase="shadow"}'),
        owner: valueOf(text, 'waste_gateway_owner{side="blue"}'),
        follower: valueOf(text, 'waste_gateway_follower_state{state="level"}'),
        place: valueOf(text, 'waste_gateway_place'),
        followedTo: valueOf(text, 'waste_gateway_followed_to_place'),
        applied: valueOf(text, 'waste_gateway_writes_total{result="applied"}'),
        refused: valueOf(text, 'waste_gateway_writes_total{result="refused"}'),
        reads: valueOf(text, 'waste_gateway_reads_total{side="blue"}'),
        step: valueOf(text, 'waste_gateway_events_total{event="phase",level="info"}'),
      };
      expect(values).toMatchObject({
        phase: 1,
        owner: 1,
        follower: 1,
        place: 2,
        followedTo: 2,
        applied: 1,
        refused: 1,
        step: 1,
      });
      expect(values.reads).toBeGreaterThan(0);
      const route = 'side="green",http_request_method="POST",http_route="/api/collections"';
      const duration = 'waste_gateway_side_request_duration_seconds';
      expect(valueOf(text, `${duration}_bucket{${route},le="+Inf"}`)).toBe(
        valueOf(text, `${duration}_count{${route}}`),
      );
      expect(text).toMatch(
        /^waste_gateway_comparisons_total\{http_request_method="POST",http_route="\/api\/collections",verdict="equal"\} 1$/m,
      );
      expect(text).toContain('process_cpu_seconds_total');
    });
  });

  it('do not grow with what clients ask for', async () => {
    const series = async () => (await metrics()).split('\n').filter((line) => line.startsWith('waste_')).length;
    const ask = (path: string, method: string) => fetch(`${sides.gateway.url}${path}`, { method });
    for (const method of ['GET', 'PURGE', 'QUX']) await ask('/none', method);
    // What is compared of the first requests comes late.
    const before = await eventually(async () => {
      const now = await series();
      await sleep(2000);
      expect(await series()).toBe(now);
      return now;
    });
    for (let path = 0; path < 300; path++) await ask(`/path-${path}?q=${path}`, ['GET', `M${path}`][path % 2]!);
    expect(await series()).toBe(before);
  });

  it('are for who has a token: one that changes phases, or one that only sees', async () => {
    expect((await sides.look('/metrics', '')).status).toBe(401);
    expect((await sides.look('/metrics', WATCH_TOKEN)).status).toBe(401);
    const file = join(sides.journal.path, 'watch.token');
    await writeFile(file, `${WATCH_TOKEN}\n`);
    const watched = await WatchedSides.start(cluster(), '--watch-token-file', file);
    try {
      for (const path of ['/metrics', '/status', '/events', '/evidence']) {
        expect((await watched.look(path, WATCH_TOKEN)).status).toBe(200);
        expect((await watched.look(path)).status).toBe(200);
        expect((await watched.look(path, '')).status).toBe(401);
      }
      const answer = await fetch(`${watched.gateway.control}/phase`, {
        method: 'POST',
        headers: { authorization: `Bearer ${WATCH_TOKEN}` },
        body: '{"phase":"shadow"}',
      });
      expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('for watching only')]);
      expect((await watched.gateway.status()).phase).toBe('blue');
    } finally {
      await watched.stop();
    }
  });

  describeWith(missing('promtool', 'prometheus'), 'in the eyes of promtool', () => {
    it('are well formed and well named', async () => {
      await sides.shadow();
      await sides.create();
      await sides.level();
      const text = await metrics();
      const words = await new Promise<string>((resolve, reject) => {
        const program = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) =>
          error === null ? resolve(stdout + stderr) : reject(new Error(`${error.message}\n${stdout}${stderr}`)),
        );
        program.stdin?.end(text);
      });
      expect(words).toBe('');
    });
  });
});
