import { join } from 'node:path';
import { chooseOperatingUser } from '../../src/database/embedded/operating-user';
import { findPrograms } from '../../src/database/embedded/programs';
import { makeRunFolder } from '../../harness/run-folder';

const silent = { info: () => undefined };

/** Before the first test. */
export default async function setUp(): Promise<void> {
  await copyPrograms(makeRunFolder());
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
