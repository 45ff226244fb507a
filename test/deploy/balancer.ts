import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../harness/eventually';

const DEPLOY = resolve(__dirname, '../../deploy');

/** Where Debian's packages put the programs. */
export const NGINX = '/usr/sbin/nginx';
export const HAPROXY = '/usr/sbin/haproxy';

/** A copy of a folder of deploy/ whose addresses and paths are those of a test. */
export class Deployment {
  private constructor(
    readonly folder: string,
    private readonly replacements: ReadonlyMap<string, string>,
  ) {}

  /** @param replacements what stands in the files, and what a test needs there; `@` stands for the copy's folder */
  static async of(name: string, replacements: Readonly<Record<string, string>>): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const pairs = Object.entries(replacements).map(([from, to]) => [from, to.replace('@', folder)] as const);
    await cp(join(DEPLOY, name), folder, { recursive: true });
    return new Deployment(folder, new Map(pairs));
  }

  /** How nginx is started, or only checks, with the nginx.conf of this folder. */
  nginxArguments(): string[] {
    return ['-p', this.folder, '-c', this.path('nginx.conf'), '-e', 'stderr'];
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  /** Puts the test's addresses and paths into the files. @throws Error if none of a file's text is to be replaced */
  async adapt(...files: readonly string[]): Promise<void> {
    const sought = [...this.replacements.keys()];
    const pattern = new RegExp(sought.map((text) => text.replace(/[^\w\s]/g, '\\$&')).join('|'), 'g');
    for (const file of files) {
      const text = await readFile(this.path(file), 'utf8');
      // At once, because a port that was put in may begin like one that is to be replaced.
      const adapted = text.replace(pattern, (from) => this.replacements.get(from) ?? from);
      if (adapted === text) throw new Error(`Nothing in ${file} is one of ${sought.join(' ')}`);
      await writeFile(this.path(file), adapted);
    }
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** A running nginx or HAProxy. */
export class Balancer {
  private output = '';
  readonly ended: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((done) => child.once('close', done));
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (piece: Buffer) => (this.output += piece.toString()));
    }
  }

  /** Starts the program, and waits until it listens. @throws Error with its words if it ends before */
  static async start(program: string, args: readonly string[], port: number): Promise<Balancer> {
    const balancer = new Balancer(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    while (!(await listens(port))) {
      if (balancer.child.exitCode !== null) throw new Error(`${program} ended: ${balancer.output}`);
      await sleep(20);
    }
    return balancer;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Makes nginx read its configuration again, and waits until its old workers take no more connections. */
  async reload(): Promise<void> {
    const old = await this.workers();
    this.child.kill('SIGHUP');
    await eventually(async () => {
      for (const worker of old) {
        const title = await readFile(`/proc/${worker}/cmdline`, 'utf8').catch(() => 'shutting down');
        if (!title.includes('shutting down') && title !== '') throw new Error('an old worker is there');
      }
      if ((await this.workers()).every((worker) => old.includes(worker))) throw new Error('no new worker yet');
    });
  }

  private async workers(): Promise<string[]> {
    const pid = String(this.child.pid);
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((worker) => worker !== '');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** How a program that only checks its configuration ends, with its words. */
export async function check(program: string, args: readonly string[]): Promise<{ code: number | null; words: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (words += piece.toString()));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, words };
}

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (listening: boolean): void => {
      socket.destroy();
      done(listening);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}

/** What Debian's nginx.conf is to the files of conf.d, for a test that runs as anybody. */
export function nginxMain(configuration: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
  return [
    'daemon off;',
    'worker_processes 2;',
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'pid nginx.pid;',
    'error_log stderr warn;',
    'events { worker_connections 256; }',
    `http { access_log off; ${folders.join(' ')} include ${configuration}; }`,
    '',
  ].join('\n');
}
