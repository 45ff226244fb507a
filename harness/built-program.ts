import { execFile, type ChildProcess } from 'node:child_process';
import { builtFile } from './build';
import { ofTheRun } from './environment';

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

/**
 * Starts a program of dist/ as a script does, without a terminal. Only the given settings are set.
 *
 * @throws StartError if it is not built
 */
export function startBuilt(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningProgram {
  const command = [builtFile(program), ...args];
  const options = { env: { ...ofTheRun(), ...environment }, maxBuffer: MOST_OUTPUT };
  let child!: ChildProcess;
  const ended = new Promise<ProgramEnd>((done) => {
    child = execFile(process.execPath, command, options, (error, stdout, stderr) => {
      done({ code: error?.signal ?? error?.code ?? 0, stdout, stderr });
    });
  });
  return { child, ended };
}
