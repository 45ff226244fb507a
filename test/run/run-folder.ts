import { chmodSync, mkdtempSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtOnce } from './left-behind';

/**
 * Makes the folder that everything of a run lies in, of the tests or of a program that starts servers as they do, and sees to it that nothing of it outlives this process, be it a file
 * or a process, whether this one ends by itself or by a signal.
 */
export function makeRunFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waste-tests-'));
  // Servers that run as another user pass through.
  chmodSync(folder, 0o755);
  process.env.TEST_RUN = folder;
  process.env.TMPDIR = folder;
  process.once('exit', () => removeAtOnce(folder));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not `once`: Ctrl-C sends a second one by way of npm, which would end the process in the midst of this.
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return folder;
}
