import { Command, Option } from 'commander';
import { asArgument } from '../../../command-line';
import { withToken } from '../../control/control-options';
import { parseSeconds } from '../../../settings/option-values';
import { withGateOptions } from './gate-options';
import type { ComparisonArguments } from './comparison-options';
import type { GatewayArguments } from './gateway-options';

const HELP = `
The gateway begins in phase blue, where it only passes everything on to blue and gives each write its place. "waste-cutover
phase NAME" changes the phase while it runs, "waste-cutover status" shows it. It can be killed at any moment: started again
with the same --journal it goes on where it was.

  waste-cutover gateway --blue http://127.0.0.1:8000 --green http://127.0.0.1:8001 --journal /var/lib/waste-gateway`;

/** The verb `gateway`: the reverse proxy in front of both sides. */
export function gatewayCommand(): Command {
  const command = new Command('gateway')
    .description(
      'Stands in front of the old and the new API, keeps them in step, and shifts the clients from one to the other.',
    )
    .requiredOption('--blue <url>', 'the old API: http://host:port')
    .requiredOption('--green <url>', 'the new API: http://host:port')
    .requiredOption('--journal <directory>', 'where the order of the writes is kept; one gateway at a time')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port for the clients; 0: any free one', '9000')
    .option('--control-host <address>', 'address of the control port, of this machine only', '127.0.0.1')
    .option('--control-port <port>', 'port for phase and status; 0: any free one', '9100')
    .option('--sticky-by <key>', 'by what clients are known in a split: address, header:NAME or cookie:NAME', 'address')
    .option('--sample <share>', 'the part of the reads that is compared, from 0 to 1', '0.1')
    .option('--lag-limit <writes>', 'green answers no reads while it lacks more writes than this', '100')
    .option('--side-timeout <seconds>', 'how long a side has to answer', '30')
    .option('--patience <seconds>', 'how long a client waits for the answer to a write', '35')
    .option('--connections <count>', 'connections to each side', '256')
    .option('--pending-writes <count>', 'writes that may wait at once; beyond it 503', '4096')
    .option('--body-limit <bytes>', 'largest body of a write; beyond it 413', String(16 << 20))
    .option('--head-limit <bytes>', 'largest request head; beyond it 431', String(128 << 10))
    .option('--request-timeout <seconds>', 'how long a client may take to send a request', '30')
    .option('--keep-alive <seconds>', 'how long an idle connection of a client is kept', '75')
    .option(
      '--trusted-proxies <addresses>',
      'peers whose X-Forwarded-Proto counts, separated by commas, or *',
      '127.0.0.1',
    )
    .addHelpText('after', HELP);
  command.addOption(
    new Option('--gate-interval <seconds>', 'how often the gates are evaluated')
      .argParser(asArgument(parseSeconds))
      .default(2000, '2'),
  );
  return withToken(withGateOptions(command)).action(async (given: GatewayArguments & ComparisonArguments) => {
    // Loaded when it is needed: it brings the API's models along, and the other verbs start three times as fast without.
    const { runGateway } = await import('./run-gateway.js');
    await runGateway(given);
  });
}
