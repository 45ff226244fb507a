import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ofTheRun } from './environment';
import { StartError } from './start-error';

/** How many characters of what a program said are kept. */
const LAST_WORDS = 4000;

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How to wait for a program. */
export interface Patience {
  /** What is waited for, as in "it ended before <what>". */
  readonly what: string;
  /** Milliseconds between two looks. */
  readonly every?: number;
  /** Milliseconds after which it is given up. */
  readonly within?: number;
}

/** A program in a process of its own, with what it said last, and the ways to wait for it and to end it. */
export class StartedProgram {
  readonly child: ChildProcess;
  /** Resolves when it has ended and all that it said was read. */
  readonly ended: Promise<Ended>;
  /** The end of what it wrote to standard output and standard error. */
  words = '';
  /** True once it has ended. */
  isOver = false;

  /** @param options where they give no environment, it has what every program needs of this one's, see `ofTheRun` */
  constructor(
    readonly command: string,
    args: readonly string[],
    options: SpawnOptions = {},
  ) {
    const child = spawn(command, args, { env: ofTheRun(), ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const listen = (piece: Buffer) => (this.words = (this.words + piece.toString()).slice(-LAST_WORDS));
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error) => (this.words += error.message));
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.isOver = true;
        resolve({ code, signal });
      });
    });
  }

  /** Its process id; 0 if it could not be started. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Sends a signal, if it runs still, and tells how it ended. */
  end(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  /**
   * Looks again and again until it is so.
   *
   * @throws StartError with its last words if it ends before, or takes too long: then it is killed
   */
  async until(isSo: () => boolean | Promise<boolean>, { what, every = 20, within = 120_000 }: Patience): Promise<void> {
    const deadline = performance.now() + within;
    while (!(await isSo())) {
      if (this.isOver) {
        const { exitCode, signalCode } = this.child;
        const how = signalCode ?? `status ${String(exitCode)}`;
        throw new StartError(`${this.command} ended with ${how} before ${what}:\n${this.words}`);
      }
      if (performance.now() > deadline) {
        await this.end('SIGKILL');
        throw new StartError(`${this.command} ran for ${within / 1000} s before ${what}:\n${this.words}`);
      }
      await sleep(every);
    }
  }
}
