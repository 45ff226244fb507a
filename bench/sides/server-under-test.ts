import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '../bench-error';

const START_TIMEOUT = 60_000;
const LOOK_AGAIN = 3;

/** How a server is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running server that is measured. */
export class ServerUnderTest {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** Milliseconds from the start of the process to the first 200 of /health. */
    readonly startUp: number,
  ) {}

  /** @throws BenchError with the server's last words if it does not come up */
  static async start({ command, args, environment }: Launch, port: number): Promise<ServerUnderTest> {
    const { PATH, HOME, TMPDIR } = process.env;
    const started = performance.now();
    const child = spawn(command, args, {
      env: { PATH, HOME, TMPDIR, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    const listen = (piece: Buffer) => (words = (words + piece.toString()).slice(-2000));
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    const url = `http://127.0.0.1:${port}`;
    while (!(await answers(`${url}/health`))) {
      if (child.exitCode !== null) throw new BenchError(`${command} ended with status ${child.exitCode}: ${words}`);
      if (performance.now() - started > START_TIMEOUT) {
        child.kill('SIGKILL');
        throw new BenchError(`${command} did not answer /health with 200: ${words}`);
      }
      await sleep(LOOK_AGAIN);
    }
    return new ServerUnderTest(child, url, performance.now() - started);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    // What it stores is in the database, or of no further use.
    this.child.kill('SIGKILL');
    await exited;
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}
