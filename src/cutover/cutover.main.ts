#!/usr/bin/env node
import 'reflect-metadata';
import { Command } from 'commander';
import { VERSION } from '../version';
import { EXIT_HELP, runProgram } from './command-line';
import { exportCommand } from './export/export.command';
import { importCommand } from './import/import.command';
import { verifyCommand } from './verify/verify.command';

const program = new Command('waste-cutover')
  .description('Moves a city from the old waste-collection API to the new one: copy, compare, switch, and go back.')
  .version(VERSION)
  .allowExcessArguments(false)
  .exitOverride()
  .addHelpText('after', EXIT_HELP);

for (const verb of [importCommand(), exportCommand(), verifyCommand()]) {
  program.addCommand(verb.copyInheritedSettings(program));
}

void runProgram(program, process.argv);
