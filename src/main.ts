import 'reflect-metadata';
import { Command } from 'commander';
import { EXIT } from './command-line';
import { ConfigError } from './settings/read-setting';
import { describeSettings, readConfig, settingWarnings } from './config';
import { runServer } from './server';
import { addMissing, EnvFileError, readEnvFile } from './settings/env-file';
import { VERSION } from './version';

/** Exit codes: 0 after a clean stop, 1 when the server cannot start or stop cleanly, 2 for a wrong setting. */
function main(): void {
  new Command('waste-collection-api')
    .description('Serves the waste-collection API from PostgreSQL. It is configured by environment variables:')
    .option('--dotenv', 'read settings from the file .env of this directory too, if there is one')
    .addHelpText('after', `\nSettings:\n${describeSettings()}\n`)
    .version(VERSION)
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage))
    .action(({ dotenv }: { dotenv?: boolean }) => {
      try {
        if (dotenv) addMissing(process.env, readEnvFile('.env'));
        const config = readConfig();
        void runServer(config, settingWarnings(config));
      } catch (error) {
        if (!(error instanceof ConfigError || error instanceof EnvFileError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = EXIT.usage;
      }
    })
    .parse();
}

main();
