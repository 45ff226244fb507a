import { chmodSync, mkdtempSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseOperatingUser } from '../../src/database/embedded/operating-user';
import { findPrograms } from '../../src/database/embedded/programs';
import { removeAtOnce } from './left-behind';

const silent = { info: () => undefined };

/**
 * Before the first test: makes the folder that everything of this run lies in, and sees to it that nothing of it outlives
 * jest, whether that ends by itself or by a signal.
 */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'waste-tests-'));
  // Servers that run as another user pass through.
  chmodSync(folder, 0o755);
  process.env.TEST_RUN = folder;
  process.env.TMPDIR = folder;
  process.once('exit', () => removeAtOnce(folder));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  await copyPrograms(folder);
}

/** What PostgreSQL needs and only the first one makes, a copy of its programs, is made before two tests do it at once. */
async function copyPrograms(place: string): Promise<void> {
  try {
    const cluster = join(place, 'data');
    await findPrograms({ user: await chooseOperatingUser(cluster, silent), place, cluster, log: silent });
  } catch {
    // The tests that need PostgreSQL say what is wrong.
  }
}
