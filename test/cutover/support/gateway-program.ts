import { Command } from 'commander';
import 'reflect-metadata';
import { gatewayCommand } from '../../../src/cutover/gateway/gateway.command';
import { CutoverError, UsageError } from '../../../src/cutover/cutover-error';
import { phaseCommand } from '../../../src/cutover/phase/phase.command';
import { statusCommand } from '../../../src/cutover/status/status.command';

// The gateway's verbs alone, as a process of their own that can be killed.
const program = new Command('waste-cutover');
for (const verb of [gatewayCommand(), phaseCommand(), statusCommand()]) program.addCommand(verb);
program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CutoverError || error instanceof UsageError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
