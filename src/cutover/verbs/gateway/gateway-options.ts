import { Option, type Command } from 'commander';
import { asArgument, valued } from '../../../command-line';
import { parseTarget } from '../../../recordings/raw-http';
import { addresses, duration, numberBetween, serverUrl, size, wholeNumber } from '../../../settings/option-values';
import { withToken, type FollowTokenOptions, type TokenOptions } from '../../control/control-options';
import { parseStickyBy } from '../../gateway/client-key';
import type { GatewayOptions } from '../../gateway/open-gateway';
import type { ComparisonArguments } from './comparison-options';
import { withGateOptions } from './gate-options';

/** Where the gateway listens. */
interface Listening {
  readonly host: string;
  readonly port: number;
  readonly controlHost: string;
  readonly controlPort: number;
}

/** The options of the verb as commander delivers them; times in milliseconds. */
export type GatewayArguments = Omit<GatewayOptions, 'observer' | 'judge' | 'greenAdmin' | 'followToken'> &
  Listening &
  TokenOptions &
  FollowTokenOptions &
  ComparisonArguments & { readonly greenAdmin?: URL; readonly watchTokenFile?: string };

const port = wholeNumber(0, 65_535);

/** Adds the options of the verb `gateway`. */
export function withGatewayOptions(command: Command): Command {
  command
    .addOption(required('--blue <url>', 'the old API: http://host:port'))
    .addOption(required('--green <url>', 'the new API: http://host:port'))
    .addOption(
      new Option('--green-admin <url>', "green's admin port, where it is fed: http://host:port").argParser(
        asArgument(serverUrl),
      ),
    )
    .option(
      '--follow-token-file <file>',
      'file that holds the FOLLOW_TOKEN that green was started with (default: FOLLOW_TOKEN)',
    )
    .requiredOption('--journal <directory>', 'where the order of the writes is kept; one gateway at a time')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(valued('--port <port>', 'port for the clients; 0: any free one', port, '9000'))
    .addOption(
      valued('--control-host <address>', 'address of the control port, of this machine only', ownAddress, '127.0.0.1'),
    )
    .addOption(valued('--control-port <port>', 'port for phase and status; 0: any free one', port, '9100'))
    .addOption(
      valued(
        '--sticky-by <key>',
        'by what clients are known in a split: address, header:NAME or cookie:NAME',
        parseStickyBy,
        'address',
      ),
    )
    .addOption(
      valued('--sample <share>', 'the part of the reads that is compared, from 0 to 1', numberBetween(0, 1), '0.1'),
    )
    .addOption(
      valued(
        '--lag-limit <writes>',
        'green answers no reads while it lacks more writes than this',
        wholeNumber(0, 1_000_000),
        '100',
      ),
    )
    .addOption(
      valued(
        '--max-behind <writes>',
        'writes that the follower may lack: beyond it green is let go, and blue slows the clients down',
        wholeNumber(1000, 100_000_000),
        '100000',
      ),
    )
    .addOption(valued('--journal-limit <size>', 'what the journal may keep for the follower, likewise', size, '1GB'))
    .addOption(valued('--first-byte-timeout <seconds>', 'how long a side may take to begin an answer', duration, '60'))
    .addOption(valued('--side-timeout <seconds>', 'how long a side may be silent within an answer', duration, '30'))
    .addOption(valued('--patience <seconds>', 'how long a client waits for the answer to a write', duration, '35'))
    .addOption(
      valued('--connections <count>', 'connections to each side for reads of clients', wholeNumber(1, 10_000), '256'),
    )
    .addOption(
      valued(
        '--slow-readers <count>',
        'clients that may read more slowly than a side sends; beyond it the slowest is cut off',
        wholeNumber(0, 10_000),
        '256',
      ),
    )
    .addOption(
      valued(
        '--pending-writes <count>',
        'writes that may be read or wait at once; beyond it 503',
        wholeNumber(1, 1_000_000),
        '4096',
      ),
    )
    .addOption(valued('--pending-bytes <size>', 'and bytes of their bodies; beyond it 503', size, '256MB'))
    .addOption(valued('--body-limit <size>', 'largest body of a write; beyond it 413', size, '16MB'))
    .addOption(valued('--head-limit <size>', 'largest request head; beyond it 431', size, '128KB'))
    .addOption(
      valued(
        '--request-timeout <seconds>',
        'how long a client may take to send a request, or leave its answer unread',
        duration,
        '30',
      ),
    )
    .addOption(valued('--keep-alive <seconds>', 'how long an idle connection of a client is kept', duration, '75'))
    .addOption(
      valued(
        '--trusted-proxies <addresses>',
        'peers whose X-Forwarded-Proto counts, separated by commas, or *',
        addresses,
        '127.0.0.1',
      ),
    )
    .option('--watch-token-file <file>', 'file with a token that only sees: for monitoring and the page')
    .addOption(valued('--gate-interval <seconds>', 'how often the gates are evaluated', duration, '2'));
  return withToken(withGateOptions(command));
}

function required(flags: string, description: string): Option {
  return new Option(flags, description).argParser(asArgument(serverAddress)).makeOptionMandatory();
}

/** @throws TypeError */
function serverAddress(url: string): string {
  parseTarget(url);
  return url;
}

/** @throws TypeError for an address that others could reach */
function ownAddress(host: string): string {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return host;
  throw new TypeError(`${host} can be reached by others: use 127.0.0.1, ::1 or localhost`);
}
