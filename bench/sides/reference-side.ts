import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BenchError } from '../bench-error';
import { freePort } from '../../test/support/free-port';
import { ServerUnderTest } from './server-under-test';
import type { Side } from './side';

const FOLDER = resolve(__dirname, '../../test/reference');
const PYTHON = resolve(FOLDER, 'venv/bin/python');

/** The old API's stack with plain strings, as it is deployed: one uvicorn process, nothing logged. */
export class ReferenceSide implements Side {
  readonly name = 'reference';
  readonly postgres = undefined;

  private constructor(
    private readonly seedFile: string,
    readonly server: ServerUnderTest,
    private readonly resetPort: number,
  ) {}

  /** @throws BenchError if Python's packages are not installed */
  static async start(seedFile: string): Promise<ReferenceSide> {
    if (!existsSync(PYTHON)) throw new BenchError('the reference is not installed: run test/reference/install.sh');
    const resetPort = await freePort();
    return new ReferenceSide(seedFile, await launch(seedFile, resetPort), resetPort);
  }

  async launch(): Promise<ServerUnderTest> {
    return launch(this.seedFile, await freePort());
  }

  async setRows(rows: number): Promise<void> {
    const { status } = await fetch(`http://127.0.0.1:${this.resetPort}/rows/${rows}`);
    if (status !== 204) throw new BenchError(`the reference did not take ${rows} rows: status ${status}`);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

async function launch(seedFile: string, resetPort: number): Promise<ServerUnderTest> {
  const port = await freePort();
  const args = [resolve(FOLDER, 'app.py'), '--untyped', '--port', String(port)];
  const environment = { REFERENCE_RESET_PORT: String(resetPort), REFERENCE_SEED_FILE: seedFile };
  return ServerUnderTest.start({ command: PYTHON, args, environment }, port);
}
