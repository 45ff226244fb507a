import { appendFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/**
 * `describe` for tests that need something which a machine may lack: there they are skipped, and the reason stands at the
 * end of the run. With CI set they fail, so that a build cannot pass without them.
 *
 * @param missing what is missing and how to get it, such as "HAProxy is not installed: apt-get install haproxy"; the same
 *   words wherever the same is missing. undefined if nothing is
 */
export function describeWith(missing: string | undefined, name: string, tests: () => void): void {
  if (missing !== undefined && process.env.CI) {
    test(name, () => {
      throw new Error(missing);
    });
    return;
  }
  describeUnless(missing, name, tests);
}

/** `describe` for tests that only root can run: as anybody else they are skipped, and the reason stands at the end. */
export function describeAsRoot(name: string, tests: () => void): void {
  const isRoot = process.getuid?.() === 0;
  describeUnless(isRoot ? undefined : 'only root can become another user: run the tests as root', name, tests);
}

function describeUnless(reason: string | undefined, name: string, tests: () => void): void {
  if (reason === undefined) {
    describe(name, tests);
    return;
  }
  const file = relative(ROOT, expect.getState().testPath!);
  appendFileSync(join(process.env.TEST_RUN!, 'skipped.jsonl'), `${JSON.stringify({ file, name, reason })}\n`);
  describe.skip(name, tests);
}
