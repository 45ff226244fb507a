import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ofTheRun } from './server-process';

const DIST = resolve(__dirname, '../../dist');
const MOST_OUTPUT = 64 * 1024 * 1024;

/** How a program ended: `code` is its exit code or the signal that ended it. */
export interface ProgramEnd {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A built program under way. */
export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramEnd>;
}

/** Starts a program of dist/ as a script does, without a terminal. Only the given settings are set. */
export function startBuilt(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningProgram {
  const main = join(DIST, program);
  if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run build".`);
  const options = { env: { ...ofTheRun(), ...environment }, maxBuffer: MOST_OUTPUT };
  let child!: ChildProcess;
  const ended = new Promise<ProgramEnd>((done) => {
    child = execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) => {
      done({ code: error?.signal ?? error?.code ?? 0, stdout, stderr });
    });
  });
  return { child, ended };
}
