import { builtFile, ROOT } from './build';
import { startFlags } from './start-flags';

/** How a program is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside what every program needs of this one's, see `ofTheRun`. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * As `npm start` starts the API, its flags of node included, but without what somebody keeps in .env.
 *
 * @param root the folder of another copy of this package
 * @throws StartError if it is not built
 */
export function apiLaunch(environment: Readonly<Record<string, string>>, root = ROOT): Launch {
  const args = [...startFlags(root), builtFile('bundle.js', root)];
  return { command: process.execPath, args, environment: { HOST: '127.0.0.1', ADMIN_PORT: '0', ...environment } };
}
