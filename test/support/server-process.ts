import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFlags } from './start-flags';

const ROOT = resolve(__dirname, '../..');
const MAIN = resolve(ROOT, 'dist/main.js');
/** As an operator runs it: its memory depends on them. */
const FLAGS = startFlags(ROOT);

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What every program needs of the tests' environment: nothing else of it may change what a server does. */
export function ofTheRun(): NodeJS.ProcessEnv {
  const names = ['PATH', 'TZ', 'TMPDIR', 'NODE_V8_COVERAGE'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.includes(name)));
}

/** The built server in a process of its own, on free ports unless told otherwise. */
export class ServerProcess {
  /** What it logged, one message a line. */
  readonly messages: string[] = [];
  /** Why it answered 503 or 504, one reason for each such line of the log. */
  readonly reasons: string[] = [];
  /** What it wrote to standard error. */
  errors = '';
  /** How it ended. */
  readonly ended: Promise<Ended>;
  private isOver = false;

  private constructor(readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.isOver = true;
        resolve({ code, signal });
      });
    });
    child.stderr!.on('data', (piece: Buffer) => (this.errors += piece.toString()));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const json = line.startsWith('{') ? (JSON.parse(line) as { msg?: string; reason?: string }) : {};
      this.messages.push(json.msg ?? line);
      if (json.reason !== undefined) this.reasons.push(json.reason);
    });
  }

  /**
   * Starts one and does not wait. Node's coverage of it, if asked for, is written where NODE_V8_COVERAGE says.
   *
   * @param main the built program, if it is not that of this tree
   */
  static spawn(
    environment: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    main: string = MAIN,
  ): ServerProcess {
    if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run build".`);
    const free = { HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0' };
    const env = { ...ofTheRun(), ...free, ...environment };
    const command = [...FLAGS, main, ...args];
    return new ServerProcess(spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Starts one and waits until it is ready. */
  static async start(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const server = ServerProcess.spawn(environment);
    await server.untilReady();
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Where it listens: `http://127.0.0.1:port`. */
  get url(): string {
    return this.listening()[1]!;
  }

  get adminUrl(): string {
    return this.listening()[2]!;
  }

  /** @throws Error with all that it said, if it ends before */
  async untilReady(): Promise<void> {
    await this.untilListening();
    while (!(await this.isReady())) {
      this.failIfOver('it was ready');
      await sleep(20);
    }
  }

  /** @throws Error with all that it said, if it ends before */
  async untilListening(): Promise<void> {
    while (this.findListening() === undefined) {
      this.failIfOver('it listened');
      await sleep(20);
    }
  }

  /** What /readyz says. */
  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.adminUrl}/readyz`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.status === 200;
  }

  /** SIGTERM, and how it ended. */
  async stop(): Promise<Ended> {
    if (!this.isOver) this.child.kill('SIGTERM');
    return this.ended;
  }

  /** SIGINT: as SIGTERM, without the pause for a balancer. */
  async interrupt(): Promise<Ended> {
    if (!this.isOver) this.child.kill('SIGINT');
    return this.ended;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (!this.isOver) this.child.kill('SIGKILL');
    await this.ended;
  }

  private findListening(): RegExpExecArray | undefined {
    for (const message of this.messages) {
      const found = /^Listening on (\S+), admin on (\S+)$/.exec(message);
      if (found !== null) return found;
    }
    return undefined;
  }

  private listening(): RegExpExecArray {
    const found = this.findListening();
    if (found === undefined) throw new Error('The server does not listen yet');
    return found;
  }

  private failIfOver(what: string): void {
    if (this.isOver) throw new Error(`The server ended before ${what}:\n${this.messages.join('\n')}\n${this.errors}`);
  }
}
