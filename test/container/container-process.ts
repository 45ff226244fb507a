import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlayedStage } from './rehearsal';
import { RehearsalError } from './rehearsal';

/** Whom a process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The image's command as a process of this machine, with the image's environment, on ports that are free here. */
export class ContainerProcess {
  output = '';
  /** The exit code. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private isOver = false;

  /** @param account counts if the rehearsal runs as root, which alone may become somebody else. */
  constructor(
    private readonly image: PlayedStage,
    command: readonly string[],
    private readonly account: Account,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.child = this.run(command, { PORT: '0', ADMIN_PORT: '0', HOST: '127.0.0.1' });
    const keep = (piece: Buffer) => (this.output += piece.toString());
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.ended = once(this.child, 'close').then(([code]) => {
      this.isOver = true;
      return code as number | null;
    });
  }

  /** The public address. */
  get url(): string {
    return this.listening()?.[1] ?? '';
  }

  /** Repeats the health command until it succeeds. @throws RehearsalError with all that the server said, if it ends */
  async untilHealthy(healthCommand: readonly string[]): Promise<void> {
    for (;;) {
      const adminPort = this.listening()?.[2];
      if (adminPort !== undefined) {
        const [code] = (await once(this.run(healthCommand, { ADMIN_PORT: adminPort }), 'close')) as [number | null];
        if (code === 0) return;
      }
      if (this.isOver) throw new RehearsalError(`The server ended before it was healthy:\n${this.output}`);
      await sleep(100);
    }
  }

  /** SIGTERM, and the exit code. */
  async stop(): Promise<number | null> {
    if (!this.isOver) this.child.kill('SIGTERM');
    return this.ended;
  }

  private run([program = '', ...args]: readonly string[], ports: Readonly<Record<string, string>>): ChildProcess {
    return spawn(program, args, {
      cwd: this.image.workdir,
      env: { PATH: process.env.PATH, ...this.image.environment, ...ports, ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(process.getuid?.() === 0 ? this.account : {}),
    });
  }

  private listening(): RegExpExecArray | null {
    return /Listening on (http:\/\/[\d.]+:\d+), admin on http:\/\/[\d.]+:(\d+)/.exec(this.output);
  }
}
