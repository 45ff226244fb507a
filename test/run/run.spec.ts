import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeWith } from '../support/describe-with';
import { eventually } from '../../harness/eventually';
import { processesOf } from '../../harness/left-behind';
import { RUN_FOLDER } from '../../harness/run-folder';

const ROOT = resolve(__dirname, '../..');
const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');

/** Has jest run a file of fixtures/, in a temp folder of this file's. */
function run(fixture: string, environment: NodeJS.ProcessEnv = {}) {
  const ofThisRun = ['CI', 'TEST_SUMMARY', 'SERVER_COVERAGE', 'NODE_V8_COVERAGE'];
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofThisRun.includes(name)));
  const child = spawn(
    process.execPath,
    [JEST, '--testRegex', `fixtures/${fixture}\\.ts$`, '--coverage=false', '--runInBand=false', '-w', '2'],
    { cwd: ROOT, env: { ...inherited, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let words = '';
  child.stderr.on('data', (piece: Buffer) => (words += piece.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, words }));
  return { child, ended };
}

function expectNothingLeft(): void {
  expect(processesOf(tmpdir()).map(({ command }) => command)).toEqual([]);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(RUN_FOLDER))).toEqual([]);
}

test('a beforeAll that fails half-way leaves no server and no folder, and what it had started is named', async () => {
  const { code, words } = await run('fails-half-way').ended;
  expect(code).toBe(1);
  expect(words).toContain('half-way');
  expect(words).toMatch(/fails-half-way\.ts left process \d+: .*postgres/);
  expect(words).toMatch(/fails-half-way\.ts left process \d+: .*main\.js/);
  expect(words).toMatch(/fails-half-way\.ts left in the temp folder: cluster-/);
  expectNothingLeft();
});

test('tests that pass and leave something behind fail the run, which names it and removes it', async () => {
  const { code, words } = await run('forgets').ended;
  expect(words).toContain('1 passed');
  expect(code).toBe(1);
  expect(words).toMatch(/forgets\.ts left process \d+: .*postgres/);
  expect(words).toMatch(/forgets\.ts left in the temp folder: forgotten-/);
  expectNothingLeft();
});

test('a temp folder whose path is too long for sockets does not keep PostgreSQL from starting', async () => {
  const long = join(tmpdir(), 'long'.repeat(20));
  mkdirSync(long);
  const { words } = await run('forgets', { TMPDIR: long }).ended;
  rmSync(long, { recursive: true });
  expect(words).toContain('1 passed');
  expect(words).toMatch(/forgets\.ts left process \d+: .*postgres/);
  expectNothingLeft();
});

test.each(['SIGTERM', 'SIGINT'] as const)('a run that %s ends takes its servers and folders along', async (signal) => {
  const { child, ended } = run('waits');
  await eventually(() => {
    const commands = processesOf(tmpdir()).map(({ command }) => command);
    expect(commands).toContainEqual(expect.stringMatching(/postgres -D/));
  });
  child.kill(signal);
  expect((await ended).code).toBe(signal === 'SIGTERM' ? 143 : 130);
  expectNothingLeft();
});

describe.each([
  ['npm run fuzz:connections', []],
  ['npm run drill', ['--quick']],
])('%s', (line, args) => {
  const isThere = !line.endsWith('drill') || existsSync(join(ROOT, 'test/reference/venv/bin/python'));
  const missing = isThere ? undefined : 'The reference is not installed: run test/reference/install.sh';
  describeWith(missing, 'ended by a signal to npm', () => {
    test.each(['SIGTERM', 'SIGINT'] as const)('%s takes its servers and folders along', async (signal) => {
      const script = line.slice('npm run '.length);
      // Without the build before it, which other tests may be running.
      const child = spawn('npm', ['run', '--silent', '--ignore-scripts', script, '--', ...args], {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let words = '';
      child.stderr.on('data', (piece: Buffer) => (words += piece.toString()));
      const ended = once(child, 'close');
      await eventually(() => {
        if (child.exitCode !== null) return;
        const commands = processesOf(tmpdir()).map(({ command }) => command);
        expect(commands).toContainEqual(expect.stringMatching(/dist\/\S*\.js/));
      });
      expect({ code: child.exitCode, words }).toMatchObject({ code: null });
      child.kill(signal);
      await ended;
      expectNothingLeft();
    });
  });
});

describe('tests whose surroundings are missing', () => {
  test('are skipped, and the run ends with how many, why, and how to get it', async () => {
    const { code, words } = await run('lacks').ended;
    expect(code).toBe(0);
    expect(words).toMatch(/\n2 tests skipped: Nothing is not installed: apt-get install nothing\n$/);
  });

  test('fail where CI is set', async () => {
    const { code, words } = await run('lacks', { CI: 'true' }).ended;
    expect(code).toBe(1);
    expect(words).toContain('Nothing is not installed: apt-get install nothing');
  });
});
