import { appendFileSync, chmodSync, mkdtempSync } from 'node:fs';
import { join, relative } from 'node:path';
import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';
import { removeLeftBehind } from '../../harness/left-behind';

/**
 * Node's environment, with a temp folder for each file of tests. When the file is through, whatever is still running or
 * lying there is ended and removed, and reported as left behind: also what a `beforeAll` had started before it failed.
 */
export default class TestEnvironment extends NodeEnvironment {
  private readonly file: string;
  private folder = '';

  constructor(...[config, context]: ConstructorParameters<typeof NodeEnvironment>) {
    super(config, context);
    this.file = relative(config.globalConfig.rootDir, context.testPath);
  }

  override async setup(): Promise<void> {
    await super.setup();
    const run = process.env.TEST_RUN!;
    this.folder = mkdtempSync(join(run, 'f-'));
    chmodSync(this.folder, 0o755);
    // Of this process, which servers inherit, and its copy, which the tests see.
    for (const environment of [process.env, this.global.process.env]) {
      environment.TMPDIR = this.folder;
      // Only now, so that node measures the servers, but not this process, which jest measures itself.
      if (process.env.SERVER_COVERAGE !== undefined) environment.NODE_V8_COVERAGE = process.env.SERVER_COVERAGE;
    }
  }

  override async teardown(): Promise<void> {
    await super.teardown();
    const run = process.env.TEST_RUN!;
    process.env.TMPDIR = run;
    const left = await removeLeftBehind(this.folder);
    const lines = left.map((what) => `${JSON.stringify({ file: this.file, what })}\n`);
    appendFileSync(join(run, 'left-behind.jsonl'), lines.join(''));
  }
}
