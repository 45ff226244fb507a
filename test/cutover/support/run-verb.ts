import { Command } from 'commander';
import { TOKEN_VARIABLE } from '../../../src/cutover/control/control-options';
import { CutoverError, UsageError } from '../../../src/cutover/cutover-error';
import { gatewayCommand } from '../../../src/cutover/gateway/gateway.command';
import { phaseCommand } from '../../../src/cutover/phase/phase.command';
import { statusCommand } from '../../../src/cutover/status/status.command';
import { TOKEN } from './gateway-process';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a verb with its arguments as the program does, in this process, and gives what it said. */
export async function runVerb(args: readonly string[], token = TOKEN): Promise<Ended> {
  let stdout = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text.toString();
    return true;
  });
  process.env[TOKEN_VARIABLE] = token;
  const program = new Command('waste-cutover').exitOverride();
  for (const verb of [gatewayCommand(), phaseCommand(), statusCommand()]) {
    program.addCommand(verb.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    if (!(error instanceof CutoverError || error instanceof UsageError)) throw error;
    return { code: error instanceof UsageError ? 2 : 1, stdout, stderr: error.message };
  } finally {
    spy.mockRestore();
    process.env[TOKEN_VARIABLE] = '';
  }
}
