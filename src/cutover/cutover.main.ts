#!/usr/bin/env node
import 'reflect-metadata';
import { Command } from 'commander';
import { VERSION } from '../version';
import { calibrateCommand } from './calibrate/calibrate.command';
import { EXIT_HELP, runProgram } from './command-line';
import { exportCommand } from './export/export.command';
import { gatewayCommand } from './gateway/gateway.command';
import { importCommand } from './import/import.command';
import { phaseCommand } from './phase/phase.command';
import { reportCommand } from './report/report.command';
import { statusCommand } from './status/status.command';
import { verifyCommand } from './verify/verify.command';

const program = new Command('waste-cutover')
  .description('Moves a city from the old waste-collection API to the new one: copy, compare, switch, and go back.')
  .version(VERSION)
  .allowExcessArguments(false)
  .exitOverride()
  .addHelpText('after', EXIT_HELP);

// In the order in which a cutover uses them.
const verbs = [
  calibrateCommand(),
  gatewayCommand(),
  importCommand(),
  phaseCommand(),
  statusCommand(),
  verifyCommand(),
  reportCommand(),
  exportCommand(),
];
for (const verb of verbs) {
  program.addCommand(verb.copyInheritedSettings(program));
}

void runProgram(program, process.argv);
