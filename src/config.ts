import { findMisspellings, otherAddresses } from './settings/misspelt';
import { Faults, given, readSetting, withContentOf, ConfigError, type Environment } from './settings/read-setting';
import {
  PORTS,
  SETTINGS,
  TOKEN_FILE,
  URL_FILE,
  VARIABLES,
  type Config,
  type Key,
  type Setting,
} from './settings/table';

function adminPortBeside(values: Record<string, unknown>): number {
  const { port, host, adminHost, adminPort } = values as {
    port: number;
    host: string;
    adminHost: string;
    adminPort?: number;
  };
  const chosen = adminPort ?? (port === 0 ? 0 : port + 1000);
  if (chosen > 65535) {
    throw new ConfigError(`ADMIN_PORT is PORT + 1000 = ${chosen}; allowed: ${PORTS}. Set ADMIN_PORT.`);
  }
  if (chosen === port && port !== 0 && adminHost === host) {
    throw new ConfigError(`ADMIN_PORT is "${port}", the public PORT; allowed: another port.`);
  }
  return chosen;
}

function refuseMisspeltAddress(environment: Environment): void {
  for (const { variable, meant } of misspellings(environment)) {
    if (!meant.startsWith('DATABASE_URL')) continue;
    throw new ConfigError(
      `${variable} is set and ${meant} is not, without which the server would begin an empty database of its own: ` +
        `rename it, or unset it.`,
    );
  }
}

const misspellings = (environment: Environment) =>
  findMisspellings(
    environment,
    VARIABLES.map(({ variable }) => variable),
  );

/**
 * Reads and validates every setting from environment variables.
 *
 * @throws ConfigError with a line for each value that is not allowed.
 */
export function readConfig(environment: Environment = process.env): Config {
  const faults = new Faults();
  // An address that cannot be read is one fault; that there is none would be another.
  const source = faults.note(() => withContentOf(URL_FILE, environment));
  const secrets = faults.note(() => withContentOf(TOKEN_FILE, environment));
  const values: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(SETTINGS) as [Key, Setting<unknown>][]) {
    const from = name === 'databaseUrl' ? source : name === 'followToken' ? secrets : environment;
    if (from !== undefined) values[name] = faults.note(() => readSetting(one, from));
  }
  if (values.port !== undefined) values.adminPort = faults.note(() => adminPortBeside(values));
  if (values.databaseUrl === undefined) faults.note(() => refuseMisspeltAddress(environment));
  faults.throwAny();
  values.databaseUrlFile = given('DATABASE_URL_FILE', environment);
  return values as Config;
}

/** What a person should know of settings that are allowed, but may not mean what was meant; a sentence each. */
export function settingWarnings(config: Config, environment: Environment = process.env): string[] {
  const warnings = misspellings(environment).map(
    ({ variable, meant }) => `${variable} is set, which this server does not read: was ${meant} meant?`,
  );
  if (config.databaseUrl !== undefined) return warnings;
  const own = `the server runs a PostgreSQL of its own under ${config.dataDir}`;
  if (environment.DATABASE_URL === '') warnings.push(`DATABASE_URL is empty: ${own}.`);
  const others = otherAddresses(environment);
  if (others.length > 0) warnings.push(`${others.join(', ')}: not read. DATABASE_URL is not set, so ${own}.`);
  return warnings;
}

/** The text of --help: every setting with its default. */
export function describeSettings(): string {
  return VARIABLES.flatMap(({ variable, fallback, help, allowed }) => [
    `  ${variable.padEnd(28)}${help}${fallback === undefined ? '' : ` (default ${fallback})`}`,
    `  ${''.padEnd(28)}allowed: ${allowed}`,
  ]).join('\n');
}
