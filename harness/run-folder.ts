import { chmodSync, mkdtempSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtOnce } from './left-behind';

/** What the names of such folders begin with. */
export const RUN_FOLDER = 'run-';

/** A temp folder with a longer path leaves too little of the 103 bytes that the path of a socket may have on every system. */
const LONGEST_PARENT = 60;

/**
 * Makes the folder that everything of a run lies in, of the tests or of a program that starts servers as they do, and
 * sees to it that nothing of it outlives this process, be it a file or a process, whether this one ends by itself or by
 * a signal. It lies in /tmp where sockets would have no room in the temp folder that is set.
 */
export function makeRunFolder(): string {
  const parent = Buffer.byteLength(tmpdir()) > LONGEST_PARENT ? '/tmp' : tmpdir();
  // The names of what lies in it are short for the same reason.
  const folder = mkdtempSync(join(parent, RUN_FOLDER));
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
