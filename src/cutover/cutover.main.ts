#!/usr/bin/env node
import 'reflect-metadata';
import { Command } from 'commander';
import { VERSION } from '../version';
import { balancerCommand } from './verbs/balancer/balancer.command';
import { calibrateCommand } from './verbs/calibrate/calibrate.command';
import { EXIT_HELP, runProgram } from './verbs/command-line';
import { exportCommand } from './verbs/export/export.command';
import { gatewayCommand } from './verbs/gateway/gateway.command';
import { gatesCommand } from './verbs/gates.command';
import { importCommand } from './verbs/import/import.command';
import { phaseCommand } from './verbs/phase.command';
import { reportCommand } from './verbs/report/report.command';
import { statusCommand } from './verbs/status/status.command';
import { verifyCommand } from './verbs/verify/verify.command';

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
  balancerCommand(),
  importCommand(),
  phaseCommand(),
  statusCommand(),
  gatesCommand(),
  verifyCommand(),
  reportCommand(),
  exportCommand(),
];
for (const verb of verbs) {
  program.addCommand(verb.copyInheritedSettings(program));
}

void runProgram(program, process.argv);
