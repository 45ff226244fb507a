import { request } from 'node:http';
import { ofTheRun } from './environment';
import type { Launch } from './launch';
import { StartedProgram } from './started-program';

/** Short, because the time of a start is measured by it. */
const LOOK_AGAIN = 3;

/** A server on a port that is known before, which is ready when it answers /health with 200. */
export class HttpProcess extends StartedProgram {
  readonly url: string;
  /** Milliseconds from the start of the process to the first 200 of /health. */
  startUp = NaN;

  private constructor({ command, args, environment }: Launch, port: number) {
    super(command, args, { env: { ...ofTheRun(), ...environment } });
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts one, and waits until it is ready. @throws StartError with its last words if it does not come up */
  static async start(launch: Launch, port: number): Promise<HttpProcess> {
    const started = performance.now();
    const server = new HttpProcess(launch, port);
    await server.until(() => isHealthy(server.url), { what: 'it answered /health with 200', every: LOOK_AGAIN });
    server.startUp = performance.now() - started;
    return server;
  }

  /** SIGKILL: what it stores is in a database, or of no further use. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(`${url}/health`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}
