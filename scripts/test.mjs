// Runs every test and reports the line coverage of src/, the code of started servers included: jest measures what runs
// in its own process, node (NODE_V8_COVERAGE) what runs in the servers that tests start from dist/. Arguments go to
// jest; with any, or where tests had to be skipped, coverage is reported but not judged. What can be had without the
// system's package manager, a browser and the old server's packages, is fetched first.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textOf } from '../test/run/reporter.mjs';
import { installBrowser, installReference } from './test-surroundings.mjs';

const require = createRequire(import.meta.url);
const { createCoverageMap } = require('istanbul-lib-coverage');
const { createContext } = require('istanbul-lib-report');
const reports = require('istanbul-reports');

const LEAST_LINES = 90;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'coverage');
// Not in the checkout: some servers run as another user, who may not be allowed to enter that.
const servers = mkdtempSync(join(tmpdir(), 'waste-coverage-'));
const results = join(servers, 'summary.json');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const c8 = join(root, 'node_modules', 'c8', 'bin', 'c8.js');
const chosen = process.argv.slice(2);

process.once('exit', () => rmSync(servers, { recursive: true, force: true, maxRetries: 5 }));
chmodSync(servers, 0o1777);
rmSync(folder, { recursive: true, force: true });

const code = await run(
  [
    jest,
    '--coverage',
    '--coverageProvider=v8',
    '--coverageReporters=json',
    `--coverageDirectory=${join(folder, 'jest')}`,
    ...chosen,
  ],
  { SERVER_COVERAGE: servers, TEST_SUMMARY: results, ...installBrowser(root), ...installReference(root) },
);
if (!existsSync(results)) process.exit(code || 1);
const summary = JSON.parse(readFileSync(results, 'utf8'));
rmSync(results);

spawnSync(
  process.execPath,
  [
    c8,
    'report',
    '--exclude-after-remap',
    '--include=src/**',
    `--temp-directory=${servers}`,
    `--reports-dir=${join(folder, 'servers')}`,
    '--reporter=json',
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);

const coverage = createCoverageMap({});
for (const part of ['jest', 'servers']) {
  coverage.merge(JSON.parse(readFileSync(join(folder, part, 'coverage-final.json'), 'utf8')));
}
const context = createContext({ dir: folder, coverageMap: coverage, defaultSummarizer: 'nested' });
reports.create('text', { skipFull: true }).execute(context);
reports.create('html').execute(context);

const lines = coverage.getCoverageSummary().lines.pct;
const isWhole = chosen.length === 0 && summary.skipped === 0;
const enough = lines >= LEAST_LINES || !isWhole;
console.log(`\nLine coverage of src: ${lines} %${enough ? '' : `, which is less than ${LEAST_LINES} %`}`);
process.stdout.write(textOf(summary));
console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
process.exitCode = code === 0 && enough ? 0 : 1;

/** Runs node to its end, and passes on the signals that are meant for all of the run. @returns the exit code */
function run(args, environment) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['inherit', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((ended) => {
    child.once('close', (status, signal) => ended(status ?? 128 + constants.signals[signal]));
  });
}
