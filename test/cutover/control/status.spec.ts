import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtFile } from '../../../harness/build';
import { CUTOVER, runCutover } from '../../../harness/cutover-program';
import { ofTheRun } from '../../../harness/environment';
import { eventually } from '../../../harness/eventually';
import { TOKEN } from '../../../harness/gateway-process';
import { useCluster } from '../../support/clusters';
import { WatchedSides } from './watched-sides';

describe('waste-cutover status', () => {
  const cluster = useCluster();
  let sides: WatchedSides;
  beforeEach(async () => {
    sides = await WatchedSides.start(cluster());
  });
  afterEach(() => sides.stop());

  const check = (...more: string[]) => sides.run('status', '--check', ...more);

  it('ends with 1 when a person is needed, and says why in its last line', async () => {
    await sides.shadow();
    await sides.create();
    await sides.level();
    const well = await sides.run('status');
    expect(well).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nneeds a person {6}no\n$/) });
    expect(well.stdout).toMatch(/^last change {9}\S+Z From blue to shadow$/m);

    await sides.create({ waste_type: 'cardboard' });
    await eventually(async () => {
      const { code, stdout } = await sides.run('status');
      expect(code).toBe(1);
      expect(stdout).toMatch(
        /\nneeds a person {6}yes: 1 piece of evidence nobody has accepted: read \S+divergent\.jsonl.*\n$/,
      );
    });
    expect(await check()).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^CUTOVER CRITICAL - 1 piece of evidence/),
    });
  });

  it('says how fast both sides are and when they are level: behind grew and looked like failure', async () => {
    await sides.shadow();
    sides.green.goAway();
    for (let write = 0; write < 20; write++) await sides.create();
    const status = await eventually(async () => {
      const now = await sides.gateway.status();
      expect(now.follower.state).toBe('away');
      expect(now.rates.owner).toBeGreaterThan(0);
      expect(now.rates.follower).not.toBeNull();
      return now;
    });
    expect(status).toMatchObject({ behind: 20, etaSeconds: null, rates: { follower: 0 } });
    expect(await sides.run('status')).toMatchObject({
      stdout: expect.stringMatching(/^behind {14}20 writes, not coming nearer$/m),
    });
    expect(await check()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^CUTOVER WARNING - .*green is away/),
    });
    expect(await check('--critical-behind', '20')).toMatchObject({ code: 2 });
    sides.green.comeBack();
    await sides.level();
    expect(await sides.gateway.status()).toMatchObject({ behind: 0, etaSeconds: 0 });
  });

  it('prints one line with performance data for Nagios, and ends as it expects', async () => {
    const { code, stdout } = await check();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^CUTOVER OK - phase blue, blue owns the writes \| place=0c;;;0 behind=0;1000;10000;0 (\w+=(U|[\d.]+(s|ms)?(;\d*){3}) ?)+\n$/,
    );
    const wrongToken = { WASTE_CUTOVER_TOKEN: 'not-the-token-at-all', WASTE_CUTOVER_CONTROL: sides.gateway.control };
    expect(await runCutover(['status', '--check'], wrongToken)).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^CUTOVER UNKNOWN - The token is wrong[^\n]*\n$/),
    });
    const nowhere = { WASTE_CUTOVER_TOKEN: TOKEN, WASTE_CUTOVER_CONTROL: 'http://127.0.0.1:9' };
    expect(await runCutover(['status', '--check'], nowhere)).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^CUTOVER CRITICAL - No gateway answers[^\n]*\n$/),
    });
  });

  it('is shown again and again, in plain lines where there is no terminal, also while the gateway restarts', async () => {
    const watching = spawn(process.execPath, [builtFile(CUTOVER), 'status', '--watch', '--interval', '100ms'], {
      env: { ...ofTheRun(), WASTE_CUTOVER_TOKEN: TOKEN, WASTE_CUTOVER_CONTROL: sides.gateway.control },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    watching.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
    const shown = (what: RegExp) => eventually(() => expect(said).toMatch(what));
    await shown(
      /^\S+Z \| phase blue \| owner blue at place 0 \| owner \S+\/s, follower –\/s \| gates \w+ \| nobody needed$/m,
    );
    await sides.gateway.kill();
    await shown(/^\S+Z No gateway answers/m);
    await sides.gateway.start();
    said = '';
    await shown(/phase blue .*nobody needed$/m);
    expect(said).not.toContain('\x1b');
    const ended = once(watching, 'exit');
    watching.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  it('stays in one place of a terminal, and holds no bytes of others that it would obey', async () => {
    await sides.shadow();
    // A target that the evidence names, with what clears a screen.
    await sides.create({ waste_type: 'card\u001b[2Jboard' });
    const command = `exec ${process.execPath} ${builtFile(CUTOVER)} status --watch --interval 200ms`;
    const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { ...ofTheRun(), WASTE_CUTOVER_TOKEN: TOKEN, WASTE_CUTOVER_CONTROL: sides.gateway.control, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    terminal.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
    await eventually(() => expect(said.split('\x1b[H').length).toBeGreaterThan(3));
    terminal.stdin.write('\x03');
    const [code] = (await once(terminal, 'exit')) as [number];
    // A gate fails by now, or not yet: both are ends in order.
    expect([0, 1]).toContain(code);
    expect(said.match(/\x1b\[2J/g)).toHaveLength(1);
  });
});
