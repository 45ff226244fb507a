import { existsSync } from 'node:fs';
import { appendFile, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROLE } from './credentials';
import type { DataDirectory, ServerPlace } from './data-directory';
import { EmbeddedServerError, reasonOf } from './embedded-server-error';
import type { OperatingUser } from './operating-user';
import { mayBeInUse } from './postmaster-file';
import { syncDirectory } from '../../private-file';
import type { Programs } from './programs';
import { runProgram } from './run-program';

/**
 * UTF-8 text in code point order and ASCII letter case, which mean the same in every major version and on every
 * machine; locales of the C library, and the builtin C.UTF-8 of PostgreSQL 17 and later, change with their Unicode.
 */
const INITDB_OPTIONS = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=libc',
  '--auth=scram-sha-256',
  '--data-checksums',
  `--username=${ROLE}`,
];

/** PostgreSQL's own defaults stay, above all those that make a commit durable. */
const SETTINGS = `
# Set when waste-collection-api created this cluster; yours to change.
max_connections = 50
shared_buffers = 64MB
timezone = 'UTC'			# not that of the machine that happened to run initdb
log_timezone = 'UTC'
`;

const DRAFT = '.new-';
/** Milliseconds; where it cannot be seen whether a process works on a draft, a start after such a death takes as long. */
const ORPHANS_END_MS = 5000;

/**
 * Creates the cluster beside its final name and renames it when it is complete: a start that dies halfway leaves no
 * half cluster behind, only a draft that the next start removes. The caller holds the owner lock.
 * @param signal ends initdb; no cluster is left then
 * @throws EmbeddedServerError with initdb's last lines
 */
export async function createCluster(
  programs: Programs,
  data: DataDirectory,
  place: ServerPlace,
  user: OperatingUser,
  password: string,
  signal: AbortSignal,
): Promise<void> {
  await removeDrafts(place, user);
  let draft: string | undefined;
  try {
    draft = await mkdtemp(place.cluster + DRAFT);
    const [cluster, passwordFile] = [join(draft, 'data'), join(draft, 'password')];
    await mkdir(cluster, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    for (const path of [cluster, passwordFile, draft]) await chown(path, user.uid, user.gid);

    const args = [...INITDB_OPTIONS, `--pgdata=${cluster}`, `--pwfile=${passwordFile}`];
    const initdb = await runProgram(programs.initdb, args, user, signal);
    signal.throwIfAborted();
    if (!initdb.ok) throw new EmbeddedServerError(initdb.lastWords + adviceOn(initdb.lastWords));
    await appendFile(join(cluster, 'postgresql.conf'), SETTINGS);

    await rename(cluster, place.cluster);
    await syncDirectory(dirname(place.cluster));
    if (!existsSync(data.clusterName)) {
      await symlink(place.cluster, data.clusterName);
      await syncDirectory(data.path);
    }
  } catch (error) {
    throw new EmbeddedServerError(`No PostgreSQL cluster could be created in ${place.cluster}: ${reasonOf(error)}`);
  } finally {
    if (draft !== undefined) await rm(draft, { recursive: true, force: true, maxRetries: 10 });
  }
}

/**
 * The major version of the cluster in a directory, or undefined when the directory is empty or does not exist.
 * @throws EmbeddedServerError when it holds something else
 */
export async function clusterMajor(cluster: string): Promise<number | undefined> {
  const names = await readdir(cluster).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new EmbeddedServerError(`The PostgreSQL cluster in ${cluster} cannot be read: ${reasonOf(error)}.`);
  });
  if (names.length === 0) return undefined;
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '');
  if (/^\d+\s*$/.test(version)) return Number(version);
  throw new EmbeddedServerError(
    `${cluster} is where the PostgreSQL cluster belongs, but holds something else (no PG_VERSION): move it away, or ` +
      'set DATA_DIR to another directory.',
  );
}

function adviceOn(complaint: string): string {
  // A container may run with any number for a user; initdb wants a name for it.
  if (!complaint.includes('could not look up effective user ID')) return '';
  return ' (give the user a line in /etc/passwd, start the API as a user that has one, or set DATABASE_URL)';
}

/**
 * A server process of a draft whose API was killed comes to its end by itself, in seconds, since nobody sends it anything
 * any more. It is waited for: without its files it dies without giving its shared memory back.
 */
async function removeDrafts(place: ServerPlace, user: OperatingUser): Promise<void> {
  const parent = dirname(place.cluster);
  const drafts = (await readdir(parent)).filter((name) => name.startsWith(basename(place.cluster) + DRAFT));
  for (const name of drafts) {
    const draft = join(parent, name);
    const deadline = performance.now() + ORPHANS_END_MS;
    while ((await mayBeInUse(join(draft, 'data'), user.uid)) && performance.now() < deadline) await sleep(20);
    // Its initdb may be writing still.
    await rm(draft, { recursive: true, force: true, maxRetries: 10 });
  }
}
