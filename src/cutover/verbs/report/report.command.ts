import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { EXIT, UsageError } from '../../../command-line';
import { EXIT_HELP } from '../command-line';
import { messageOf } from '../../cutover-error';
import { readStatistics } from '../../comparison/statistics-file';
import { reportPage } from './page';
import { reportOf } from './report';
import { reportSummary } from './summary';

/** `waste-cutover report`: the A/B comparison from the statistics that the gateway saved. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Writes the comparison of both sides: latencies, throughput, errors and differences by route.')
    .argument('<statistics>', 'the file in which the gateway saves its statistics')
    .option('--html <file>', 'write a page there; it loads nothing from anywhere')
    .option('--json', 'print all figures as JSON instead of a summary')
    .addHelpText('after', `${EXIT_HELP}\nA verdict of fail ends with 1; pass and inconclusive with 0.`)
    .action(async (file: string, { html, json = false }: { html?: string; json?: boolean }) => {
      const report = reportOf(await readStatistics(file));
      if (html !== undefined) {
        await writeFile(html, reportPage(report)).catch((error: unknown) => {
          throw new UsageError(`${html} cannot be written: ${messageOf(error)}`);
        });
      }
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${reportSummary(report)}\n`);
      process.exitCode = report.gates?.verdict === 'fail' ? EXIT.failed : EXIT.ok;
    });
}
