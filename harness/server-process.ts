import { createInterface } from 'node:readline';
import { builtFile, ROOT } from './build';
import { ofTheRun } from './environment';
import { startFlags } from './start-flags';
import { StartedProgram, type Ended } from './started-program';

/** As an operator runs it: its memory depends on them. */
const FLAGS = startFlags(ROOT);

/** The built server in a process of its own, on free ports unless told otherwise. */
export class ServerProcess extends StartedProgram {
  /** What it logged, one message a line. */
  readonly messages: string[] = [];
  /** Why it answered 503 or 504, one reason for each such line of the log. */
  readonly reasons: string[] = [];
  /** What it wrote to standard error. */
  errors = '';

  /**
   * Starts one and does not wait. Node's coverage of it, if asked for, is written where NODE_V8_COVERAGE says.
   *
   * @param main the built program, if it is not that of this tree
   * @throws StartError if that is not built
   */
  static spawn(
    environment: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    main: string = builtFile('main.js'),
  ): ServerProcess {
    const free = { HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0' };
    return new ServerProcess([...FLAGS, main, ...args], { ...free, ...environment });
  }

  private constructor(command: readonly string[], environment: Readonly<Record<string, string>>) {
    super(process.execPath, command, { env: { ...ofTheRun(), ...environment } });
    const { stdout, stderr } = this.child;
    stderr?.on('data', (piece: Buffer) => (this.errors += piece.toString()));
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.read(line));
  }

  /** Starts one and waits until it is ready. */
  static async start(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const server = ServerProcess.spawn(environment);
    await server.untilReady();
    return server;
  }

  /** Where it listens: `http://127.0.0.1:port`. */
  get url(): string {
    return this.addresses().url;
  }

  get adminUrl(): string {
    return this.addresses().adminUrl;
  }

  /** @throws StartError with all that it said last, if it ends before */
  async untilReady(): Promise<void> {
    await this.untilListening();
    await this.until(() => this.isReady(), { what: 'it was ready' });
  }

  /** @throws StartError with all that it said last, if it ends before */
  async untilListening(): Promise<void> {
    await this.until(() => this.findAddresses() !== undefined, { what: 'it listened' });
  }

  /** What /readyz says. */
  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.adminUrl}/readyz`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.status === 200;
  }

  /** SIGTERM, and how it ended. */
  stop(): Promise<Ended> {
    return this.end('SIGTERM');
  }

  /** SIGINT: as SIGTERM, without the pause for a balancer. */
  interrupt(): Promise<Ended> {
    return this.end('SIGINT');
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private read(line: string): void {
    const json = line.startsWith('{') ? (JSON.parse(line) as { msg?: string; reason?: string }) : {};
    this.messages.push(json.msg ?? line);
    if (json.reason !== undefined) this.reasons.push(json.reason);
  }

  private findAddresses(): { url: string; adminUrl: string } | undefined {
    for (const message of this.messages) {
      const [, url, adminUrl] = /^Listening on (\S+), admin on (\S+)$/.exec(message) ?? [];
      if (url !== undefined && adminUrl !== undefined) return { url, adminUrl };
    }
    return undefined;
  }

  private addresses(): { url: string; adminUrl: string } {
    const found = this.findAddresses();
    if (found === undefined) throw new Error('The server does not listen yet');
    return found;
  }
}
