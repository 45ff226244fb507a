import type { WatchedStatus } from '../src/cutover/control/watch/watched-status';
import { builtFile } from './build';
import { CUTOVER } from './cutover-program';
import { ofTheRun } from './environment';
import { StartedProgram } from './started-program';

export const TOKEN = 'a-token-for-the-tests';

/** With which green lets itself be fed: its FOLLOW_TOKEN. */
export const FOLLOW_TOKEN = 'a-token-for-following';

/** The built gateway in a process of its own. It keeps its ports when it is started again. */
export class GatewayProcess {
  private program: StartedProgram | undefined;
  url = '';
  control = '';
  /** What all its runs wrote to standard error. */
  errors = '';

  constructor(private readonly args: readonly string[]) {}

  /** Starts it and waits until it listens. @throws StartError if it does not */
  async start(): Promise<void> {
    const ports = ['--port', portOf(this.url), '--control-port', portOf(this.control)];
    const command = [builtFile(CUTOVER), 'gateway', ...this.args, ...ports];
    const program = new StartedProgram(process.execPath, command, {
      env: { ...ofTheRun(), WASTE_CUTOVER_TOKEN: TOKEN, FOLLOW_TOKEN },
    });
    this.program = program;
    let said = '';
    program.child.stdout?.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(0, 1000)));
    program.child.stderr?.on('data', (piece: Buffer) => (this.errors += piece.toString()));
    const listening = () => /^Listening on (\S+), control on (\S+)\n/.exec(said);
    await program.until(() => listening() !== null, { what: 'it listened' });
    [, this.url = '', this.control = ''] = listening() ?? [];
  }

  /** Its process id; 0 if it has not been started. */
  get pid(): number {
    return this.program?.pid ?? 0;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
  }

  /** SIGTERM, and its exit code. */
  async stop(): Promise<number | null> {
    return (await this.program?.end('SIGTERM'))?.code ?? null;
  }

  /** Waits until it has said so. @throws StartError if it ends before */
  async says(words: string): Promise<void> {
    const { program } = this;
    await program?.until(() => program.words.includes(words), { what: `it said ${words}` });
  }

  async status(): Promise<WatchedStatus> {
    return (await this.ask('GET', '/status')) as WatchedStatus;
  }

  /** Asks the control port, and gives its answer whatever the status. */
  async ask(method: string, path: string, input?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${this.control}${path}`, {
      method,
      headers,
      ...(input && { body: JSON.stringify(input) }),
    });
    return answer.json();
  }
}

function portOf(url: string): string {
  return url === '' ? '0' : new URL(url).port;
}
