import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './build';
import { freePort } from './free-port';
import { HttpProcess } from './http-process';
import { StartError } from './start-error';

const FOLDER = join(ROOT, 'test', 'reference');

/** The interpreter with the old server's packages, once they are installed. */
export const PYTHON = join(FOLDER, 'venv', 'bin', 'python');

export interface ReferenceOptions {
  /** Whether it takes any text for waste_type, unit and status, as the deployed one does. */
  readonly untyped?: boolean;
  /** A file of JSON bodies, one a line, that `setRows` takes the rows of. */
  readonly seedFile?: string;
  /** Where it listens; else on a port that is free. */
  readonly port?: number;
}

/** A running live reference: the old API's own stack, one uvicorn process, nothing logged. It keeps nothing. */
export interface Reference {
  /** The compared server, `http://127.0.0.1:port`. */
  readonly url: string;
  /** A POST to this URL empties its store. */
  readonly resetUrl: string;
  readonly server: HttpProcess;
  /** Leaves exactly so many of the first rows of the seed file, the next id behind them. @throws StartError if it fails */
  setRows(rows: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the reference, and waits until it answers. @throws StartError if it is not installed or does not come up */
export async function startReference(options: ReferenceOptions = {}): Promise<Reference> {
  if (!existsSync(PYTHON)) throw new StartError('the reference is not installed: run test/reference/install.sh');
  const { untyped = false, seedFile } = options;
  const [port, resetPort] = [options.port ?? (await freePort()), await freePort()];
  const args = [join(FOLDER, 'app.py'), '--port', String(port), ...(untyped ? ['--untyped'] : [])];
  const environment = {
    REFERENCE_RESET_PORT: String(resetPort),
    ...(seedFile === undefined ? {} : { REFERENCE_SEED_FILE: seedFile }),
  };
  const server = await HttpProcess.start({ command: PYTHON, args, environment }, port);
  const resetUrl = `http://127.0.0.1:${resetPort}`;
  const setRows = async (rows: number) => {
    const { status } = await fetch(`${resetUrl}/rows/${rows}`);
    if (status !== 204) throw new StartError(`the reference did not take ${rows} rows: status ${status}`);
  };
  return { url: server.url, resetUrl, server, setRows, stop: () => server.kill() };
}
