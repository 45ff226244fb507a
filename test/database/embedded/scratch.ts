import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { StartedProgram } from '../../../harness/started-program';
import { EmbeddedServer } from '../../../src/database/embedded/embedded-server';
import { mayBeInUse } from '../../../src/database/embedded/postmaster-file';

/** A process that owns an embedded server, see owner-process.ts. */
export interface Owner {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The next line that it prints. */
  next(): Promise<Record<string, unknown>>;
  /** Ends it without giving it a chance, and waits until it is gone. */
  kill(): Promise<void>;
}

/** The directories and servers of one test; `cleanUp` leaves neither behind. */
export class Scratch {
  private readonly servers: EmbeddedServer[] = [];
  private readonly owners: Owner[] = [];
  private readonly others: StartedProgram[] = [];
  readonly messages: string[] = [];

  private constructor(readonly directory: string) {}

  /** A directory that every user may pass through, as a system's /var/lib is. */
  static async make(): Promise<Scratch> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'embedded-')));
    await chmod(directory, 0o755);
    return new Scratch(directory);
  }

  /** Copies a stopped server's data directory, owners and modes included, which is quicker than another initdb. */
  copy(dataDir: string, name: string): string {
    execFileSync('cp', ['-a', dataDir, this.path(name)]);
    return this.path(name);
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Starts a server in this process. */
  async start(dataDir: string): Promise<EmbeddedServer> {
    const note = (message: string): void => void this.messages.push(message);
    const server = await EmbeddedServer.start({ dataDir, log: { info: note, warn: note, error: note } });
    this.servers.push(server);
    return server;
  }

  /** Runs owner-process.ts, in a process group of its own, under a shell's limits if any are given. */
  own(dataDir: string, { user = [], limits = ':' }: { user?: number[]; limits?: string } = {}): Owner {
    const script = resolve(__dirname, 'owner-process.ts');
    const node = ['--import', 'tsx', script, dataDir, ...user.map(String)];
    const command = ['-c', `${limits}; exec "$0" "$@"`, process.execPath, ...node];
    const program = new StartedProgram('sh', command, { detached: true });
    const lines = createInterface({ input: program.child.stdout! });
    const owner: Owner = {
      process: program.child,
      pid: program.pid,
      next: () => nextLine(lines),
      kill: async () => {
        await program.end('SIGKILL');
      },
    };
    this.owners.push(owner);
    return owner;
  }

  /** A process of the given user that has nothing to do with PostgreSQL. */
  bystander(user: { uid: number; gid: number }): ChildProcess {
    const isRoot = process.getuid?.() === 0;
    const other = new StartedProgram('sleep', ['300'], { cwd: '/', ...(isRoot ? user : {}) });
    this.others.push(other);
    return other.child;
  }

  async cleanUp(): Promise<void> {
    for (const other of this.others) await other.end('SIGKILL');
    for (const owner of this.owners) await owner.kill();
    for (const server of this.servers) await server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function nextLine(lines: Interface): Promise<Record<string, unknown>> {
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line) as Record<string, unknown>;
}

/** The pid in the cluster's lock file. */
export async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** True while any process of the server's user works in the cluster's directory. */
export async function isServed(dataDir: string, uid: number): Promise<boolean> {
  return mayBeInUse(await realpath(join(dataDir, 'postgres')), uid);
}
