import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { eventually } from './eventually';
import { StartedProgram } from './started-program';

/** Where Debian's packages put the programs. */
export const NGINX = '/usr/sbin/nginx';
export const HAPROXY = '/usr/sbin/haproxy';

/** A running nginx or HAProxy. */
export class Balancer {
  private constructor(private readonly program: StartedProgram) {}

  /** Starts the program, and waits until it listens. @throws StartError with its words if it ends before */
  static async start(program: string, args: readonly string[], port: number): Promise<Balancer> {
    const started = new StartedProgram(program, args);
    await started.until(() => listens(port), { what: 'it listened' });
    return new Balancer(started);
  }

  /** Its exit code, once it has ended. */
  get ended(): Promise<number | null> {
    return this.program.ended.then(({ code }) => code);
  }

  signal(signal: NodeJS.Signals): void {
    this.program.child.kill(signal);
  }

  /** Makes nginx read its configuration again, and waits until its old workers take no more connections. */
  async reload(): Promise<void> {
    const old = await this.workers();
    this.signal('SIGHUP');
    await eventually(async () => {
      for (const worker of old) {
        const title = await readFile(`/proc/${worker}/cmdline`, 'utf8').catch(() => 'shutting down');
        if (!title.includes('shutting down') && title !== '') throw new Error('an old worker is there');
      }
      if ((await this.workers()).every((worker) => old.includes(worker))) throw new Error('no new worker yet');
    });
  }

  async kill(): Promise<void> {
    await this.program.end('SIGTERM');
  }

  private async workers(): Promise<string[]> {
    const pid = String(this.program.pid);
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((worker) => worker !== '');
  }
}

/** How a program that only checks its configuration ends, with its words. */
export async function check(program: string, args: readonly string[]): Promise<{ code: number | null; words: string }> {
  const checking = new StartedProgram(program, args);
  const { code } = await checking.ended;
  return { code, words: checking.words };
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
