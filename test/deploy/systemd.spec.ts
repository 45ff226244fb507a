import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { readConfig } from '../../src/config';
import { describeWith } from '../support/describe-with';

const ROOT = resolve(__dirname, '../..');
const UNIT = join(ROOT, 'deploy/systemd/waste-collection-api.service');
const ANALYZE = '/usr/bin/systemd-analyze';

const unit = readFileSync(UNIT, 'utf8');
const settings = [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const);
const valuesOf = (name: string) => settings.filter(([key]) => key === name).map(([, value]) => value);

test('the unit starts the server as npm start does', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  // Its settings are those of the unit, not of a file beside the program.
  const command = scripts.start.replace(/^exec node /, '/usr/bin/node ').replace(/ --dotenv$/, '');
  expect(valuesOf('ExecStart')).toEqual([command]);
});

test('the unit gives settings that the server takes, and the time to stop', () => {
  const environment = Object.fromEntries(
    valuesOf('Environment').map((pair) => pair.replace('%S', '/var/lib').split('=') as [string, string]),
  );
  const config = readConfig(environment);
  expect(config.dataDir).toBe(`/var/lib/${valuesOf('StateDirectory')[0]!}`);
  expect(Number(valuesOf('TimeoutStopSec')[0]) * 1000).toBeGreaterThan(config.shutdownTimeout + 1000);
});

test('the unit starts again for ever, and gives no rights', () => {
  expect(Object.fromEntries(settings)).toMatchObject({
    User: 'waste',
    Restart: 'always',
    StartLimitIntervalSec: '0',
    CapabilityBoundingSet: '',
    ProtectSystem: 'strict',
    ProtectHome: 'yes',
    PrivateDevices: 'yes',
    RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX',
  });
});

const UNITS = ['systemd/waste-collection-api.service', 'systemd/waste-gateway.service', 'nginx/waste-owner.service'];

const missing = existsSync(ANALYZE) ? undefined : `${ANALYZE} is missing: install Debian's package systemd`;
describeWith(missing, 'systemd-analyze', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'unit-'))));
  afterAll(() => rm(folder, { recursive: true }));

  /** A copy of a unit that names this machine's program and folder: they must exist. */
  async function copyOf(path: string): Promise<string> {
    const file = join(folder, basename(path));
    const text = await readFile(join(ROOT, 'deploy', path), 'utf8');
    await writeFile(
      file,
      text.replaceAll('/usr/bin/node', process.execPath).replaceAll('/opt/waste-collection-api', ROOT),
    );
    return file;
  }

  const analyze = (...args: string[]) =>
    new Promise<{ code: number; words: string }>((done) => {
      execFile(ANALYZE, args, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, words: `${stdout}${stderr}` }),
      );
    });

  test.each(UNITS)('finds no fault in %s', async (path) => {
    const { code, words } = await analyze('verify', '--man=no', await copyOf(path));
    // Other units of the machine may have faults of their own.
    const ours = words.split('\n').filter((line) => line.includes(basename(path, '.service')));
    expect({ code, ours }).toEqual({ code: 0, ours: [] });
  });

  test.each(UNITS.slice(0, 2))('finds %s well confined', async (path) => {
    const { code, words } = await analyze('security', '--offline=true', '--threshold=40', await copyOf(path));
    expect({ code, words }).toEqual({
      code: 0,
      words: expect.stringMatching(/Overall exposure level.*: [0-3]\.\d OK/),
    });
  });
});
