import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

const missing = existsSync(ANALYZE) ? undefined : `${ANALYZE} is missing: install Debian's package systemd`;
describeWith(missing, 'systemd-analyze', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unit-'));
    file = join(folder, 'waste-collection-api.service');
    // It demands that the program and its folder exist on this machine.
    await writeFile(file, unit.replace('/usr/bin/node', process.execPath).replace('/opt/waste-collection-api', ROOT));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const analyze = (...args: string[]) =>
    new Promise<{ code: number; words: string }>((done) => {
      execFile(ANALYZE, args, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, words: `${stdout}${stderr}` }),
      );
    });

  test('finds no fault in the unit', async () => {
    const { code, words } = await analyze('verify', '--man=no', file);
    // Other units of the machine may have faults of their own.
    const ours = words.split('\n').filter((line) => line.includes('waste-collection-api'));
    expect({ code, ours }).toEqual({ code: 0, ours: [] });
  });

  test('finds it well confined', async () => {
    const { code, words } = await analyze('security', '--offline=true', '--threshold=40', file);
    expect({ code, words }).toEqual({
      code: 0,
      words: expect.stringMatching(/Overall exposure level.*: [0-3]\.\d OK/),
    });
  });
});
