/**
 * `describe` for tests that need something which a machine may lack: there they are skipped with the reason printed, but
 * with CI set they fail, so that a build cannot pass without them.
 *
 * @param missing what is missing and what to do about it; undefined if nothing is
 */
export function describeWith(missing: string | undefined, name: string, tests: () => void): void {
  if (missing === undefined) {
    describe(name, tests);
    return;
  }
  if (process.env.CI) {
    test(name, () => {
      throw new Error(missing);
    });
    return;
  }
  process.stderr.write(`skipped "${name}": ${missing}\n`);
  describe.skip(name, tests);
}
