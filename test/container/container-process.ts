import { StartError } from '../../harness/start-error';
import { StartedProgram } from '../../harness/started-program';
import { RehearsalError, type PlayedStage } from './rehearsal';

/** Whom a process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The image's command as a process of this machine, with the image's environment, on ports that are free here. */
export class ContainerProcess {
  private readonly server: StartedProgram;
  output = '';

  /** @param account counts if the rehearsal runs as root, which alone may become somebody else. */
  constructor(
    private readonly image: PlayedStage,
    command: readonly string[],
    private readonly account: Account,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.server = this.run(command, { PORT: '0', ADMIN_PORT: '0', HOST: '127.0.0.1' });
    const keep = (piece: Buffer) => (this.output += piece.toString());
    this.server.child.stdout?.on('data', keep);
    this.server.child.stderr?.on('data', keep);
  }

  /** The public address. */
  get url(): string {
    return this.listening()?.[1] ?? '';
  }

  /** Its exit code, once it has ended. */
  get ended(): Promise<number | null> {
    return this.server.ended.then(({ code }) => code);
  }

  /** Repeats the health command until it succeeds. @throws RehearsalError with what the server said last, if it ends */
  async untilHealthy(healthCommand: readonly string[]): Promise<void> {
    const isHealthy = async () => {
      const adminPort = this.listening()?.[2];
      if (adminPort === undefined) return false;
      return (await this.run(healthCommand, { ADMIN_PORT: adminPort }).ended).code === 0;
    };
    try {
      await this.server.until(isHealthy, { what: 'it was healthy', every: 100 });
    } catch (error) {
      throw error instanceof StartError ? new RehearsalError(error.message) : error;
    }
  }

  /** SIGTERM, and the exit code. */
  async stop(): Promise<number | null> {
    return (await this.server.end('SIGTERM')).code;
  }

  private run([program = '', ...args]: readonly string[], ports: Readonly<Record<string, string>>): StartedProgram {
    return new StartedProgram(program, args, {
      cwd: this.image.workdir,
      env: { PATH: process.env.PATH, ...this.image.environment, ...ports, ...this.settings },
      ...(process.getuid?.() === 0 ? this.account : {}),
    });
  }

  private listening(): RegExpExecArray | null {
    return /Listening on (http:\/\/[\d.]+:\d+), admin on http:\/\/[\d.]+:(\d+)/.exec(this.output);
  }
}
