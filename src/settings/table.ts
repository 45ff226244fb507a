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
} from './kinds';

/** One environment variable: its default as text, and how its text is read. */
export interface Setting<T> {
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

/** What a port may be, in the words of messages. */
export const PORTS = 'a whole number from 0 to 65535 (0: any free port)';
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

/** The name of a setting in the program. */
export type Key = keyof typeof SETTINGS;
type Value<K extends Key> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
type Optional = 'databaseUrl' | 'followToken' | 'deployment' | 'frontendDir';

/** The validated settings. Times are milliseconds, sizes bytes, folders absolute paths. */
export type Config = { readonly [K in Exclude<Key, Optional>]: Value<K> } & {
  readonly [K in Optional]: Value<K> | undefined;
} & {
  /** The file that the address of the database was read from. */
  readonly databaseUrlFile: string | undefined;
};

/** DATABASE_URL_FILE is no setting of its own but another way to give DATABASE_URL. */
export const URL_FILE = setting(
  'DATABASE_URL_FILE',
  undefined,
  'a file that can be read and is not empty',
  'a file that holds DATABASE_URL, in place of it',
  text,
);

/** The same for FOLLOW_TOKEN. */
export const TOKEN_FILE = setting(
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
