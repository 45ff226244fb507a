import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ofTheRun } from '../support/server-process';

/** The built program. */
export const MAIN = resolve(__dirname, '../../dist/cutover/cutover.main.js');
const MOST_OUTPUT = 64 * 1024 * 1024;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program as a script does, without a terminal. Only the given settings are set. */
export function runCutover(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run "npm run build".`);
  const options = { env: { ...ofTheRun(), ...environment }, maxBuffer: MOST_OUTPUT };
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
