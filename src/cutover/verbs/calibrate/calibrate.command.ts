import { Command } from 'commander';
import { DEFAULT_TIMEOUTS, parseTarget, type Target } from '../../../recordings/raw-http';
import { asArgument, EXIT, valued } from '../../../command-line';
import { Progress } from '../../../progress';
import { EXIT_HELP } from '../command-line';
import { duration, wholeNumber } from '../../../settings/option-values';
import { KeptExchanges } from '../../comparison/kept-exchanges';
import { calibrate } from './calibrate';
import { calibrationSummary } from './summary';

interface CalibrateOptions {
  blue: Target;
  second?: Target;
  green?: Target;
  rounds: number;
  records: number;
  timeout: number;
  keep?: string;
  json: boolean;
}

/** `waste-cutover calibrate`: proves what differs by itself between two answers of the old server. */
export function calibrateCommand(): Command {
  return new Command('calibrate')
    .description(
      'Sends the same reads twice to the old server, names what differs by itself, and fails if no mask covers it, or if it answers with errors.',
    )
    .requiredOption('--blue <url>', 'the old server: http://host:port', asArgument(parseTarget))
    .option(
      '--second <url>',
      'another old server with the same records, to be asked the second time',
      asArgument(parseTarget),
    )
    .option(
      '--green <url>',
      'the new server, to be timed as well: proposes --p95-ratio and --latency-floor of the gateway',
      asArgument(parseTarget),
    )
    .addOption(valued('--rounds <count>', 'how often all reads are sent', wholeNumber(1), '20'))
    .addOption(valued('--records <count>', 'how many single records to read in each round', wholeNumber(), '20'))
    .addOption(valued('--timeout <seconds>', 'how long to wait for an answer', duration, '30'))
    .option('--keep <folder>', 'keep differing exchanges there, as recordings')
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', `${EXIT_HELP}\nNothing is written to the servers. Run it while nobody else writes either.`)
    .action(async (options: CalibrateOptions) => {
      const kept = options.keep === undefined ? undefined : await KeptExchanges.open(options.keep);
      const progress = new Progress('comparing', 'pairs');
      const result = await calibrate({
        first: options.blue,
        second: options.second ?? options.blue,
        ...(options.green === undefined ? {} : { green: options.green }),
        rounds: options.rounds,
        records: options.records,
        timeouts: { ...DEFAULT_TIMEOUTS, answer: options.timeout },
        ...(kept === undefined ? {} : { kept }),
        onProgress: (pairs) => progress.show(pairs),
      });
      progress.end();
      await kept?.settled();
      process.stdout.write(`${options.json ? JSON.stringify(result, null, 2) : calibrationSummary(result)}\n`);
      process.exitCode = result.differing.length > 0 || result.failing.length > 0 ? EXIT.failed : EXIT.ok;
    });
}
