import { stat } from 'node:fs/promises';
import { EmbeddedServerError } from './embedded-server-error';
import { runProgram } from './run-program';

/** The OS user that PostgreSQL's programs run as. */
export interface OperatingUser {
  readonly uid: number;
  readonly gid: number;
}

const ACCOUNT = 'postgres';

/**
 * Chooses the OS user for PostgreSQL, which refuses to run as root: this process's own user, or, for root, the owner of
 * an existing cluster, else the account `postgres`, created when the machine has none.
 * @param cluster the cluster's directory, which need not exist
 * @throws EmbeddedServerError when the cluster belongs to somebody else, or when root can find or create no account
 */
export async function chooseOperatingUser(
  cluster: string,
  log: { info(message: string): void },
): Promise<OperatingUser> {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) {
    throw new EmbeddedServerError(
      'The API starts a PostgreSQL of its own on Unix systems only: set DATABASE_URL to use a server that you run.',
    );
  }
  const owner = await stat(cluster).catch(() => undefined);
  if (uid !== 0) {
    if (owner && owner.uid !== uid) {
      throw new EmbeddedServerError(
        `The cluster in ${cluster} belongs to the user with uid ${owner.uid} and this process runs with uid ${uid}: ` +
          'start the API as that user or as root, or set DATA_DIR to another directory.',
      );
    }
    return { uid, gid };
  }
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await accountIds()) ?? (await createAccount(log));
}

/** True when `user` may enter a directory; the kernel decides, so access lists and read-only mounts count. */
export async function canEnter(user: OperatingUser, directory: string): Promise<boolean> {
  return (await runProgram('test', ['-x', directory], user)).ok;
}

async function createAccount(log: { info(message: string): void }): Promise<OperatingUser> {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  const made = await runProgram('useradd', [...options, '--shell', '/usr/sbin/nologin', ACCOUNT]);
  const ids = await accountIds();
  if (!ids) {
    throw new EmbeddedServerError(
      `PostgreSQL does not run as root, and there is no OS user "${ACCOUNT}" to run it as, and none could be created ` +
        `(${made.lastWords}): start the API as a normal user, create the user "${ACCOUNT}", or set DATABASE_URL.`,
    );
  }
  log.info(`Created the OS user "${ACCOUNT}" (uid ${ids.uid}), because PostgreSQL does not run as root.`);
  return ids;
}

/** Asks `id` rather than reading /etc/passwd, so that accounts of a directory service count. */
async function accountIds(): Promise<OperatingUser | undefined> {
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', ACCOUNT]), runProgram('id', ['-g', ACCOUNT])]);
  return uid.ok && gid.ok ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}
