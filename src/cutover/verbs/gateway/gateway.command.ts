import { Command } from 'commander';
import { withGatewayOptions, type GatewayArguments } from './gateway-options';

const HELP = `
The gateway begins in phase blue, where it only passes everything on to blue and gives each write its place. "waste-cutover
phase NAME" changes the phase while it runs, "waste-cutover status" shows it. It can be killed at any moment: started again
with the same --journal it goes on where it was.

  waste-cutover gateway --blue http://127.0.0.1:8000 --green http://127.0.0.1:3000 --green-admin http://127.0.0.1:4000 \\
    --follow-token-file FILE --token-file FILE --journal /var/lib/waste-gateway`;

/** The verb `gateway`: the reverse proxy in front of both sides. */
export function gatewayCommand(): Command {
  const command = new Command('gateway').description(
    'Stands in front of the old and the new API, keeps them in step, and shifts the clients from one to the other.',
  );
  return withGatewayOptions(command)
    .addHelpText('after', HELP)
    .action(async (given: GatewayArguments) => {
      // Loaded when it is needed: it brings the API's models along, and the other verbs start three times as fast without.
      const { runGateway } = await import('./run-gateway.js');
      await runGateway(given);
    });
}
