import { spawn } from 'node:child_process';
import { ResetError } from './reset-database';

/**
 * Runs a shell command that empties the server's store, for servers that keep it in memory. Its output goes to stderr.
 * @throws ResetError if it does not end with status 0
 */
export function runResetCommand(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2] });
    child.on('error', (error) => reject(new ResetError(`the reset command cannot be run: ${error.message}`)));
    child.on('exit', (status, signal) => {
      if (status === 0) resolve();
      else reject(new ResetError(`the reset command ended with ${signal ?? `status ${String(status)}`}`));
    });
  });
}
