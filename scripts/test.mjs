// Runs every test and reports the line coverage of src/, the code of started servers included: jest measures what runs
// in its own process, node (NODE_V8_COVERAGE) what runs in the servers that tests start from dist/. Arguments go to
// jest; with any, coverage is reported but not judged.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { createCoverageMap } = require('istanbul-lib-coverage');
const { createContext } = require('istanbul-lib-report');
const reports = require('istanbul-reports');

const LEAST_LINES = 90;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'coverage');
const results = join(folder, 'results.json');
const servers = join(folder, 'servers');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const c8 = join(root, 'node_modules', 'c8', 'bin', 'c8.js');
const chosen = process.argv.slice(2);

rmSync(folder, { recursive: true, force: true });
const ran = spawnSync(
  process.execPath,
  [
    jest,
    '--coverage',
    '--coverageProvider=v8',
    '--coverageReporters=json',
    `--coverageDirectory=${join(folder, 'jest')}`,
    '--json',
    `--outputFile=${results}`,
    ...chosen,
  ],
  { cwd: root, stdio: ['inherit', 'ignore', 'inherit'], env: { ...process.env, NODE_V8_COVERAGE: servers } },
);

spawnSync(
  process.execPath,
  [
    c8,
    'report',
    '--exclude-after-remap',
    '--include=src/**',
    `--temp-directory=${servers}`,
    `--reports-dir=${servers}`,
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
const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
  readFileSync(results, 'utf8'),
);
const enough = lines >= LEAST_LINES || chosen.length > 0;
console.log(`\nLine coverage of src: ${lines} %${enough ? '' : `, which is less than ${LEAST_LINES} %`}`);
console.log(
  `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed, ${numPendingTests} skipped`,
);
process.exitCode = ran.status === 0 && enough ? 0 : 1;
