import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * A reporter of jest's that says at the end of a run what was skipped, why and how to get it, and what tests left behind,
 * which fails the run. TEST_SUMMARY names a file that takes the same as JSON instead.
 */
export default class Reporter {
  #left = [];

  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_contexts, results) {
    this.#left = linesOf('left-behind.jsonl').map(({ file, what }) => `${file} left ${what}`);
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests,
      reasons: reasonsOf(results, linesOf('skipped.jsonl'), this.rootDir),
      left: this.#left,
    };
    if (process.env.TEST_SUMMARY) writeFileSync(process.env.TEST_SUMMARY, JSON.stringify(summary));
    // Below jest's own summary, which it always writes last.
    else process.once('exit', () => process.stderr.write(textOf(summary)));
  }

  getLastError() {
    return this.#left.length > 0 ? new Error('Tests left something behind') : undefined;
  }
}

/** What was skipped and what was left behind, as lines; nothing if all ran and was cleaned up. */
export function textOf({ reasons, left }) {
  const lines = [
    ...reasons.map(({ count, reason }) => `${count} ${count === 1 ? 'test' : 'tests'} skipped: ${reason}`),
    ...left,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** How many tests each reason has kept from running; a test that lacks several things counts for the outermost. */
function reasonsOf({ testResults }, skipped, rootDir) {
  const counts = new Map();
  for (const { testFilePath, testResults: tests } of testResults) {
    const here = skipped.filter(({ file }) => file === relative(rootDir, testFilePath));
    for (const { status, ancestorTitles } of tests) {
      if (status !== 'pending') continue;
      const reason = here.find(({ name }) => ancestorTitles.includes(name))?.reason ?? 'marked as skipped in the code';
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

function linesOf(name) {
  const file = join(process.env.TEST_RUN ?? '', name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
