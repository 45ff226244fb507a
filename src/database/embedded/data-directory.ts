import { randomBytes } from 'node:crypto';
import { access, chmod, constants, lstat, mkdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataDirectoryError, EmbeddedServerError, reasonOf } from './embedded-server-error';
import { canEnter } from './operating-user';
import type { OperatingUser } from './operating-user';

/** Where everything of one data directory lies. All paths are absolute. */
export interface DataDirectory {
  /** DATA_DIR itself. */
  readonly path: string;
  /** The name of the cluster in DATA_DIR: its directory, or a link to it. */
  readonly clusterName: string;
  /** The superuser's password, mode 0600. */
  readonly password: string;
  /** A connection string for operators, mode 0600, with a newline at its end. */
  readonly url: string;
  /** What PostgreSQL says. */
  readonly serverLog: string;
}

/** Where PostgreSQL's user finds its files: DATA_DIR, unless that user cannot get there. */
export interface ServerPlace {
  readonly directory: string;
  /** The cluster's directory, which need not exist yet. */
  readonly cluster: string;
}

const ELSEWHERE = '/var/lib/waste-collection-api';

/**
 * Makes DATA_DIR if need be. Root's own is open to be passed through (0711), because PostgreSQL runs as another user;
 * a normal user's is private (0700). An existing directory keeps its mode.
 * @throws DataDirectoryError when it cannot be made or written to
 */
export async function prepareDataDirectory(path: string): Promise<DataDirectory> {
  try {
    if (await makeDirectory(path)) await chmod(path, process.getuid?.() === 0 ? 0o711 : 0o700);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataDirectoryError(
      `The data directory ${path} cannot be used (${reasonOf(error)}): set DATA_DIR to a directory that this user can write ` +
        'to, or DATABASE_URL to use a PostgreSQL that you run.',
    );
  }
  const real = await realpath(path);
  return {
    path: real,
    clusterName: join(real, 'postgres'),
    password: join(real, 'password'),
    url: join(real, 'database-url'),
    serverLog: join(real, 'postgres.log'),
  };
}

/**
 * Makes a directory and those above it; false if it is there. Node's own `recursive` tries for ever where the kernel says
 * of a name in an existing directory that there is no such file, as in /proc.
 */
async function makeDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return false;
  if (found !== undefined) throw new Error('it is a file');
  if (dirname(path) !== path) await makeDirectory(dirname(path));
  await mkdir(path);
  return true;
}

/**
 * Decides where the server's files lie: in DATA_DIR, else (root's DATA_DIR under a private home, say) where an earlier
 * start has put the cluster, else in a fresh directory under /var/lib/waste-collection-api, to which the cluster's name
 * in DATA_DIR will be a link.
 * @throws EmbeddedServerError when the server's user can reach no such place, or the cluster's name is a broken link
 */
export async function chooseServerPlace(
  data: DataDirectory,
  user: OperatingUser,
  log: { info(message: string): void },
): Promise<ServerPlace> {
  const cluster = await existingCluster(data);
  if (cluster !== undefined && (await canEnter(user, cluster))) {
    return { directory: (await canEnter(user, data.path)) ? data.path : dirname(cluster), cluster };
  }
  if (await canEnter(user, data.path)) return { directory: data.path, cluster: cluster ?? data.clusterName };

  const waysOut =
    'move DATA_DIR to a directory that every user may pass through (such as /var/lib), start the API as a normal ' +
    'user, or set DATABASE_URL.';
  const because = `PostgreSQL does not run as root, and its user (uid ${user.uid}) cannot enter ${data.path}`;
  if (cluster !== undefined) throw new EmbeddedServerError(`${because}, which holds its cluster: ${waysOut}`);
  const directory = join(ELSEWHERE, randomBytes(6).toString('hex'));
  const made = await mkdir(directory, { recursive: true, mode: 0o711 }).then(
    () => canEnter(user, directory),
    () => false,
  );
  if (!made) throw new EmbeddedServerError(`${because} or make a directory under ${ELSEWHERE}: ${waysOut}`);
  log.info(`${because}: the cluster is kept in ${directory}, and ${data.clusterName} is a link to it.`);
  return { directory, cluster: join(directory, 'postgres') };
}

/** The real path of the cluster that DATA_DIR names, if it names one. */
async function existingCluster(data: DataDirectory): Promise<string | undefined> {
  const entry = await lstat(data.clusterName).catch(() => undefined);
  if (!entry) return undefined;
  const cluster = await realpath(data.clusterName).catch(() => undefined);
  if (cluster === undefined) {
    throw new EmbeddedServerError(
      `${data.clusterName} is a link to ${await readlink(data.clusterName)}, which does not exist: bring that ` +
        'directory back, or remove the link to begin with an empty database.',
    );
  }
  return cluster;
}
