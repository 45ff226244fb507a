import { Argument, Command } from 'commander';
import { EXIT_HELP } from '../command-line';
import { RESOURCES, type Resource } from '../../traffic/resource';

/** The options of `export`, as commander delivers them. */
export interface ExportOptions {
  out?: string;
  force?: boolean;
  json?: boolean;
}

const HELP = `
The list is written as the API answers it, byte for byte, from one moment of the database of DATABASE_URL. A file is
complete or absent, and import reads it: waste-cutover import --file collections=FILE

  waste-cutover export collections --out collections.json
${EXIT_HELP}`;

/** The verb `export`: a list out of the database, in the old API's form. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Writes a list out of the database of the new API, in the form of the old one.')
    .addArgument(new Argument('<resource>', 'which list').choices(RESOURCES))
    .option('--out <file>', 'where to write (default: standard output)')
    .option('--force', 'replace the file if there is one')
    .option('--json', 'print a summary as JSON; needs --out')
    .addHelpText('after', HELP)
    .action(async (resource: Resource, options: ExportOptions) => {
      // Loaded when it is needed: it brings PostgreSQL's driver along.
      const { runExport } = await import('./run-export.js');
      await runExport(resource, options);
    });
}
