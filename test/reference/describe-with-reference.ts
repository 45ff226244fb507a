import { existsSync } from 'node:fs';
import { PYTHON } from '../../harness/reference';
import { describeWith } from '../support/describe-with';

/**
 * `describe` for tests that need the reference: without its environment they are skipped with the reason printed, but
 * with CI set they fail, so that a build cannot pass without them.
 */
export function describeWithReference(name: string, tests: () => void): void {
  const why = process.env.REFERENCE_UNAVAILABLE ?? 'it has not been asked for';
  const missing = `the old server's stack is not installed (${why}): install Python 3.11, then run test/reference/install.sh`;
  describeWith(existsSync(PYTHON) ? undefined : missing, name, tests);
}
