import { readFileSync } from 'node:fs';
import {
  addresses,
  duration,
  integerBetween,
  onOrOff,
  oneOf,
  pageFolder,
  path,
  postgresUrl,
  secret,
  size,
  text,
  ValueError,
} from './settings/kinds';
import { findMisspellings, otherAddresses } from './settings/misspelt';

/** Settings that cannot be used: the message has a line for each, with the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Setting<T> {
  readonly variable: string;
  readonly fallback: string | undefined;
  readonly allowed: string;
  readonly help: string;
  readonly parse: (text: string) => T | undefined;
}

function setting<T>(
  variable: string,
  fallback: string | undefined,
  allowed: string,
  help: string,
  parse: (text: string) => T | undefined,
): Setting<T> {
  return { variable, fallback, allowed, help, parse };
}

const PORTS = 'a whole number from 0 to 65535 (0: any free port)';
const DURATIONS = 'a time from 1ms to 24h, such as 500ms, 30s or 2m (a plain number counts seconds)';
const SIZES = 'a size from 1KB to 1GB, such as 128KB or 16MB (a plain number counts bytes)';
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting there is: this table is the documentation of --help and of the README. */
const SETTINGS = {
  port: setting('PORT', '8000', PORTS, 'public port: the contract, the pages', integerBetween(0, 65535)),
  host: setting('HOST', '127.0.0.1', 'a host name or address', 'address of the public port', text),
  adminPort: setting(
    'ADMIN_PORT',
    undefined,
    PORTS,
    'port of /livez and /readyz (default PORT + 1000)',
    integerBetween(0, 65535),
  ),
  adminHost: setting('ADMIN_HOST', '127.0.0.1', 'a host name or address', 'address of the admin port', text),
  followToken: setting(
    'FOLLOW_TOKEN',
    undefined,
    '16 characters or more, without spaces ("openssl rand -hex 16" makes one)',
    'what a cutover gateway shows to have the admin port follow its writes; without it, the port has no such paths',
    secret,
  ),
  trustedProxies: setting(
    'TRUSTED_PROXIES',
    '127.0.0.1',
    'addresses or CIDR ranges separated by commas, or *',
    'peers whose X-Forwarded-Proto decides the scheme of redirects',
    addresses,
  ),
  bodyLimit: setting('BODY_LIMIT', '16MB', SIZES, 'largest request body; beyond it 413', size),
  headLimit: setting('HEAD_LIMIT', '128KB', SIZES, 'largest request head; beyond it 431', size),
  requestTimeout: setting(
    'REQUEST_TIMEOUT',
    '30s',
    DURATIONS,
    'time a client has to send a whole request; then 408',
    duration,
  ),
  shutdownTimeout: setting(
    'SHUTDOWN_TIMEOUT',
    '15s',
    DURATIONS,
    'time to finish what is in flight after SIGTERM',
    duration,
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    undefined,
    'postgresql://user:password@host:port/database',
    'the PostgreSQL to use (default: an embedded one under DATA_DIR)',
    postgresUrl,
  ),
  databasePoolSize: setting(
    'DATABASE_POOL_SIZE',
    '4',
    'a whole number from 1 to 64',
    'connections to PostgreSQL',
    integerBetween(1, 64),
  ),
  databaseStatementTimeout: setting(
    'DATABASE_STATEMENT_TIMEOUT',
    '5s',
    DURATIONS,
    'longest wait for PostgreSQL; then 503',
    duration,
  ),
  listStreams: setting(
    'LIST_STREAMS',
    '4',
    'a whole number from 1 to 64',
    'long lists (over 20,000 rows or 8 MB) sent at once; more get 503',
    integerBetween(1, 64),
  ),
  dataDir: setting('DATA_DIR', '.data', 'a folder', 'where the embedded PostgreSQL keeps its data', path),
  logLevel: setting('LOG_LEVEL', 'info', LOG_LEVELS.join(', '), 'least level that is logged', oneOf(...LOG_LEVELS)),
  accessLog: setting('ACCESS_LOG', 'off', 'on, off', 'whether each answer is a line of the log', onOrOff),
  deployment: setting(
    'DEPLOYMENT',
    undefined,
    'blue, green',
    'name of this server in a blue-green pair, in every log line',
    oneOf('blue', 'green'),
  ),
  frontendDir: setting(
    'FRONTEND_DIR',
    undefined,
    'a folder with an index.html',
    'an existing page to serve at / and /static/ in place of the built-in one',
    pageFolder,
  ),
} as const;

type Key = keyof typeof SETTINGS;
type Value<K extends Key> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
type Optional = 'databaseUrl' | 'followToken' | 'deployment' | 'frontendDir';

/** The validated settings. Times are milliseconds, sizes bytes, folders absolute paths. */
export type Config = { readonly [K in Exclude<Key, Optional>]: Value<K> } & {
  readonly [K in Optional]: Value<K> | undefined;
} & {
  /** The file that the address of the database was read from. */
  readonly databaseUrlFile: string | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** DATABASE_URL_FILE is no setting of its own but another way to give DATABASE_URL. */
const URL_FILE = setting(
  'DATABASE_URL_FILE',
  undefined,
  'a file that can be read and is not empty',
  'a file that holds DATABASE_URL, in place of it',
  text,
);

/** The same for FOLLOW_TOKEN. */
const TOKEN_FILE = setting(
  'FOLLOW_TOKEN_FILE',
  undefined,
  'a file that can be read and is not empty',
  'a file that holds FOLLOW_TOKEN, in place of it',
  text,
);

/** Every variable that is read, in the order of the documentation. */
export const VARIABLES: readonly Setting<unknown>[] = (Object.values(SETTINGS) as Setting<unknown>[]).flatMap((one) => {
  const file = [URL_FILE, TOKEN_FILE].find(({ variable }) => variable === `${one.variable}_FILE`);
  return file === undefined ? [one] : [one, file];
});

/** What is not to be read in a terminal or a log. */
const SECRETS = ['DATABASE_URL', 'FOLLOW_TOKEN'];

/** Which database it is depends on them: a value that was meant must not silently count as none. */
const CHOOSE_THE_DATABASE = ['DATABASE_URL', 'DATABASE_URL_FILE', 'DATA_DIR'];

/** Undefined for a variable that is empty: compose files and shells pass unset ones as empty text. */
function given(variable: string, environment: Environment): string | undefined {
  const value = environment[variable];
  if (value === undefined || value === '') return undefined;
  const trimmed = value.trim();
  if (trimmed !== '') return trimmed;
  if (!CHOOSE_THE_DATABASE.includes(variable)) return undefined;
  throw new ConfigError(`${variable} holds nothing but white space: give it a value, or unset it.`);
}

function read({ variable, fallback, allowed, parse }: Setting<unknown>, environment: Environment): unknown {
  const value = given(variable, environment) ?? fallback;
  if (value === undefined) return undefined;
  let reason: string | undefined;
  try {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    reason = error.message;
  }
  // The address of a database holds a password.
  const what = SECRETS.includes(variable)
    ? `cannot be used: ${reason ?? 'it has another form'}`
    : `is "${value}"${reason === undefined ? '' : `, ${reason}`}`;
  throw new ConfigError(`${variable} ${what}; allowed: ${allowed}.`);
}

/** The environment with what a file holds in the place of the variable that names it. */
function withContentOf(file: Setting<string>, environment: Environment): Environment {
  const { variable: naming, allowed } = file;
  const variable = naming.replace(/_FILE$/, '');
  const name = given(naming, environment);
  if (name === undefined) return environment;
  if (given(variable, environment) !== undefined) {
    throw new ConfigError(`${variable} and ${naming} are both set; allowed: one of them.`);
  }
  let content: string;
  try {
    content = readFileSync(name, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${naming} is "${name}", which cannot be read (${reason}); allowed: ${allowed}.`);
  }
  // Taken for none, it would send the clients' writes into a new and empty database, or end a cutover.
  if (content === '') {
    const what = variable === 'DATABASE_URL' ? 'the address of the PostgreSQL' : 'the token';
    throw new ConfigError(`${naming} names "${name}", which is empty: write ${what} into it, or unset ${naming}.`);
  }
  return { ...environment, [variable]: content };
}

/** Collects what is wrong, so that all of it is named at once. */
class Faults {
  private readonly messages: string[] = [];

  /** What the attempt gives; undefined when it is at fault. */
  note<T>(attempt: () => T): T | undefined {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.messages.push(error.message);
      return undefined;
    }
  }

  /** @throws ConfigError if anything was wrong */
  throwAny(): void {
    if (this.messages.length > 0) throw new ConfigError(this.messages.join('\n'));
  }
}

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
    if (from !== undefined) values[name] = faults.note(() => read(one, from));
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
