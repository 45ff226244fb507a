import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DataDirectory } from './data-directory';
import { EmbeddedServerError, reasonOf } from './embedded-server-error';
import { writePrivateFile } from '../../private-file';

/**
 * The cluster's one role and its one database. The role is the superuser: the cluster serves this API alone, and nobody
 * else can reach its socket.
 */
export const ROLE = 'waste';
export const DATABASE = 'waste';

/**
 * The role's password: made, and kept in DATA_DIR, before the cluster that knows it.
 * @throws EmbeddedServerError when the file cannot be read, or is missing although the cluster exists
 */
export async function readOrMakePassword(data: DataDirectory, clusterExists: boolean): Promise<string> {
  try {
    const kept = (await readFile(data.password, 'utf8')).trim();
    if (kept !== '') return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new EmbeddedServerError(`The password of the database cannot be read: ${reasonOf(error)}.`);
    }
  }
  if (clusterExists) {
    throw new EmbeddedServerError(
      `${data.clusterName} holds a cluster, but the file ${data.password} with its password is missing or empty: bring ` +
        `it back from a backup, or set another one with "postgres --single" (ALTER ROLE ${ROLE} PASSWORD '...') and ` +
        'write it to that file.',
    );
  }
  const password = randomBytes(24).toString('base64url');
  await writePrivateFile(data.password, `${password}\n`);
  return password;
}

/**
 * A connection string that psql and node-postgres both read: the socket's directory stands, percent-encoded, where the
 * host would. It names the port and the absence of TLS, so that PGPORT and PGSSLMODE do not change what it means.
 */
export function connectionStringOf(socketDirectory: string, password: string, database: string = DATABASE): string {
  return `postgresql://${ROLE}:${password}@${encodeURIComponent(socketDirectory)}:5432/${database}?sslmode=disable`;
}
