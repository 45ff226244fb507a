import 'reflect-metadata';
import { Command } from 'commander';
import { ConfigError, describeSettings, readConfig } from './config';
import { runServer } from './server';
import { VERSION } from './version';

/** Exit codes: 0 after a clean stop, 1 when the server cannot start or stop cleanly, 2 for a wrong setting. */
function main(): void {
  new Command('waste-collection-api')
    .description('Serves the waste-collection API from PostgreSQL. It is configured by environment variables:')
    .addHelpText('after', `\nSettings:\n${describeSettings()}\n`)
    .version(VERSION)
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(() => {
      try {
        void runServer(readConfig());
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 2;
      }
    })
    .parse();
}

main();
