import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import bytes from 'bytes';
import ms, { type StringValue } from 'ms';

/** A setting that cannot be used: the message names the variable, the value and what is allowed. */
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

const text = (value: string): string => value;

const path = (value: string): string => (isAbsolute(value) ? value : resolve(value));

function integerBetween(low: number, high: number): (value: string) => number | undefined {
  return (value) => {
    const parsed = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    return parsed >= low && parsed <= high ? parsed : undefined;
  };
}

/** Milliseconds; a plain number counts seconds, as it does in the time-outs of nginx. */
function duration(value: string): number | undefined {
  const parsed = /^\d+(\.\d+)?$/.test(value)
    ? Number(value) * 1000
    : /^\d+(\.\d+)? ?(ms|s|m|h)$/.test(value)
      ? ms(value as StringValue)
      : NaN;
  return parsed >= 1 && parsed <= 86_400_000 ? Math.round(parsed) : undefined;
}

/** Bytes; MB is 1024 * 1024. */
function size(value: string): number | undefined {
  const parsed = /^\d+(\.\d+)? ?(b|kb|mb|gb)?$/i.test(value) ? bytes.parse(value) : null;
  return parsed !== null && parsed >= 1024 && parsed <= 1024 ** 3 ? parsed : undefined;
}

function oneOf<T extends string>(...values: T[]): (value: string) => T | undefined {
  return (value) => values.find((candidate) => candidate === value);
}

/** Addresses and CIDR ranges, or `*` for every peer. */
function addresses(value: string): string[] | undefined {
  const list = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const valid = list.every((entry) => {
    if (entry === '*') return true;
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address);
    if (family === 0 || rest.length > 0) return false;
    return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
  });
  return valid ? list : undefined;
}

function postgresUrl(value: string): string | undefined {
  return /^postgres(ql)?:\/\//.test(value) ? value : undefined;
}

const PORTS = 'a whole number from 0 to 65535 (0: any free port)';
const DURATIONS = 'a time from 1ms to 24h, such as 500ms, 30s or 2m (a plain number counts seconds)';
const SIZES = 'a size from 1KB to 1GB, such as 128KB or 16MB (a plain number counts bytes)';
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting there is: this table is the documentation of --help and of the README. */
export const SETTINGS = {
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
    'a folder',
    'an existing page to serve at / and /static/ in place of the built-in one',
    path,
  ),
} as const;

type Key = keyof typeof SETTINGS;
type Value<K extends Key> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
type Optional = 'databaseUrl' | 'deployment' | 'frontendDir';

/** The validated settings. Times are milliseconds, sizes bytes, folders absolute paths. */
export type Config = { readonly [K in Exclude<Key, Optional>]: Value<K> } & {
  readonly [K in Optional]: Value<K> | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

function read(name: Key, environment: Environment): unknown {
  const { variable, fallback, allowed, parse } = SETTINGS[name] as Setting<unknown>;
  // Compose files and shells pass unset variables as empty text.
  const given = environment[variable]?.trim() === '' ? undefined : environment[variable]?.trim();
  const value = given ?? fallback;
  if (value === undefined) return undefined;
  const parsed = parse(value);
  if (parsed === undefined) {
    // The address of a database holds a password, which has no business in a terminal or a log.
    const shown = name === 'databaseUrl' ? 'a value of another form' : `"${value}"`;
    throw new ConfigError(`${variable} is ${shown}; allowed: ${allowed}.`);
  }
  return parsed;
}

function databaseUrlFromFile(environment: Environment): string | undefined {
  const file = environment.DATABASE_URL_FILE?.trim();
  if (file === undefined || file === '') return undefined;
  if (environment.DATABASE_URL?.trim()) {
    throw new ConfigError('DATABASE_URL and DATABASE_URL_FILE are both set; allowed: one of them.');
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `DATABASE_URL_FILE is "${file}", which cannot be read (${reason}); allowed: a readable file.`,
    );
  }
}

/**
 * Reads and validates every setting from environment variables.
 *
 * @throws ConfigError for the first value that is not allowed.
 */
export function readConfig(environment: Environment = process.env): Config {
  const fromFile = databaseUrlFromFile(environment);
  const source = fromFile === undefined ? environment : { ...environment, DATABASE_URL: fromFile };
  const values = Object.fromEntries((Object.keys(SETTINGS) as Key[]).map((name) => [name, read(name, source)]));
  const port = values.port as number;
  values.adminPort ??= port === 0 ? 0 : port + 1000;
  if ((values.adminPort as number) > 65535) {
    throw new ConfigError(
      `ADMIN_PORT is PORT + 1000 = ${values.adminPort as number}; allowed: ${PORTS}. Set ADMIN_PORT.`,
    );
  }
  if (values.adminPort === port && port !== 0 && values.adminHost === values.host) {
    throw new ConfigError(`ADMIN_PORT is "${port}", the public PORT; allowed: another port.`);
  }
  return values as Config;
}

/** The text of --help: every setting with its default. */
export function describeSettings(): string {
  return (Object.values(SETTINGS) as Setting<unknown>[])
    .flatMap(({ variable, fallback, help, allowed }) => [
      `  ${variable.padEnd(28)}${help}${fallback === undefined ? '' : ` (default ${fallback})`}`,
      `  ${''.padEnd(28)}allowed: ${allowed}`,
    ])
    .concat([`  ${'DATABASE_URL_FILE'.padEnd(28)}a file that holds DATABASE_URL, for secrets mounted as files`])
    .join('\n');
}
