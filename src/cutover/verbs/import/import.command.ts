import { Command } from 'commander';
import { asArgument } from '../../../command-line';
import { collected, EXIT_HELP, timeoutOption } from '../command-line';
import { withGatewayRead, type GatewayReadOptions } from '../../control/held-writes';
import { RESOURCES } from '../../traffic/resource';
import { serverUrl } from '../../../settings/option-values';

/** The options of `import`, as commander delivers them. */
export interface ImportOptions extends GatewayReadOptions {
  from?: URL;
  file: string[];
  only?: string;
  nextId: string[];
  probe?: boolean;
  map: string[];
  replace?: boolean;
  yes?: boolean;
  withoutUnreadable?: boolean;
  timeout: number;
  json?: boolean;
}

const HELP = `
The target is the database of DATABASE_URL. Everything is written in one transaction or nothing at all. An import that is
there already is left as it is, so running it again is safe.

The old API does not tell the id that it gives next, which is above the highest one if the newest rows were deleted.
Without --next-id and --probe it is taken to be the highest id + 1.

With --gateway the old API is the gateway's blue, in phase blue. Writes are held back while the lists are read and checked, so
that "phase shadow" goes on exactly there.

  waste-cutover import --from http://127.0.0.1:8000 --probe
  waste-cutover import --gateway http://127.0.0.1:9100
  waste-cutover import --file collections=collections.json --file locations=locations.json --next-id 1001
${EXIT_HELP}`;

/** The verb `import`: from a running old API, or from saved lists, into the database of the new one. */
export function importCommand(): Command {
  const command = new Command('import')
    .description(
      'Copies the data of the old API into the database of the new one, with the same ids in the same order.',
    )
    .option('--from <url>', 'the old API: http://host:port', asArgument(serverUrl))
    .option(
      '--file <[resource=]file>',
      'a saved list, of collections unless named otherwise; may be repeated',
      collected,
      [],
    )
    .option('--only <resource>', `copy nothing but ${RESOURCES.join(' or ')}`)
    .option('--next-id <[resource=]n>', 'the id of the next row, of collections unless named otherwise', collected, [])
    .option('--probe', 'find the next id by creating and deleting a collection at the old API, which burns one id')
    .option('--map <field:from=to>', 'a value that the new API does not have; may be repeated', collected, [])
    .option('--replace', 'remove what the target has, after a question if the source lacks some of it')
    .option('--yes', 'with --replace: remove it without a question')
    .option('--without-unreadable', 'leave out rows that the old API cannot render')
    .addOption(timeoutOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP);
  return withGatewayRead(command).action(async (options: ImportOptions) => {
    // Loaded when it is needed: it brings the API's models and PostgreSQL's driver along.
    const { runImport } = await import('./run-import.js');
    await runImport(options);
  });
}
