import { userInfo } from 'node:os';
import { parameterOf, type AddressParameters } from './address-parameters';
import { parseTls, type Tls } from './tls';

/** A server of an address. */
export interface Host {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly name: string;
  readonly port: number;
}

/** What an address says, and nothing that the environment says. */
export interface DatabaseAddress {
  /** At least one, in the order in which they are tried. */
  readonly hosts: readonly [Host, ...Host[]];
  readonly user: string;
  /** Undefined if the address has none: then a server that asks for one refuses this one. */
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: Tls;
  /** Whether only a server that takes writes will do: `target_session_attrs` is `read-write` or `primary`. */
  readonly mustTakeWrites: boolean;
  /** Milliseconds that one attempt to connect may take. */
  readonly connectTimeout: number;
  /** The parameter `options`, which some hosted databases need; what answers depend on is set afterwards. */
  readonly options: string | undefined;
  readonly applicationName: string | undefined;
}

/** The form of an address, for help and for errors. */
export const ADDRESS_FORM = 'postgresql://user:password@host:port/database';

/** Milliseconds, as long as `connect_timeout` does not say otherwise. */
const CONNECT_TIMEOUT = 2000;
const DEFAULT_PORT = 5432;

const ENCODING_HINT =
  ': in a user or a password, write special characters percent-encoded (@ is %40, / is %2F, : is %3A)';

const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/;
const IPV6 = /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?$/;

/**
 * Reads the address of a database as libpq does (PostgreSQL's documentation, "Connection URIs"), several hosts and
 * `target_session_attrs` included. What it leaves out has a fixed default, except for the user: that is the one who
 * runs the process, as it is for libpq. `PG*` variables and `~/.pgpass` are not read.
 *
 * @throws Error with one sentence that repeats nothing of the address, which holds a password
 */
export function parseDatabaseAddress(text: string): DatabaseAddress {
  const [, place = '', path, search = ''] = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text) ?? [];
  if (!/^postgres(ql)?:\/\//.test(text)) throw new Error(`it does not have the form ${ADDRESS_FORM}`);
  // The first @ ends the user and password, as for libpq.
  const at = place.indexOf('@');
  const [user, ...password] = at < 0 ? [''] : place.slice(0, at).split(':');
  const parameters = parametersOf(search);
  const hosts = hostsOf(parameters.host ?? place.slice(at + 1), parameters.port, parameters.host !== undefined);
  const name = parameters.user ?? decoded(user ?? '', 'user');
  const secret = parameters.password ?? decoded(password.join(':'), 'password');
  const owner = name === '' ? userInfo().username : name;
  const database = parameters.dbname ?? decoded(path ?? '', 'database');
  return {
    hosts,
    user: owner,
    password: secret === '' ? undefined : secret,
    database: database === '' ? owner : database,
    tls: parseTls(parameters),
    mustTakeWrites: takesWrites(parameters.target_session_attrs),
    connectTimeout: secondsOf(parameters.connect_timeout),
    options: parameters.options,
    applicationName: parameters.application_name,
  };
}

function parametersOf(search: string): AddressParameters {
  const parameters: Record<string, string> = {};
  for (const part of search.split('&').filter((one) => one !== '')) {
    const equals = part.indexOf('=');
    const name = decoded(equals < 0 ? part : part.slice(0, equals), 'parameters');
    const value = decoded(equals < 0 ? '' : part.slice(equals + 1), 'parameters');
    const known = parameterOf(name, value);
    if (known !== undefined) parameters[known] = value;
  }
  return parameters;
}

/** Several hosts have one port each, or one for all; a list in the parameters is written without ports. */
function hostsOf(list: string, ports: string | undefined, isParameter: boolean): [Host, ...Host[]] {
  const names = list.split(',');
  const numbers = ports?.split(',') ?? [];
  if (numbers.length > 1 && numbers.length !== names.length) {
    throw new Error(`it has ${numbers.length} ports for ${names.length} hosts`);
  }
  const hosts = names.map((entry, index) => {
    const port = numbers[index] ?? numbers[0] ?? '';
    if (isParameter) return hostOf(entry, port);
    const [, bracketed, plain = '', own = port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(entry) ?? [];
    return hostOf(decoded(bracketed ?? plain, 'host'), own);
  });
  return hosts as [Host, ...Host[]];
}

function hostOf(name: string, port: string): Host {
  if (name !== '' && !name.startsWith('/') && !HOST_NAME.test(name) && !IPV6.test(name)) {
    throw new Error(`it has a host that cannot be one${ENCODING_HINT}`);
  }
  return { name: name === '' ? 'localhost' : name, port: portOf(port) };
}

function portOf(text: string): number {
  if (text === '') return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    throw new Error(`its port is not a number from 1 to 65535${ENCODING_HINT}`);
  }
  return port;
}

function secondsOf(text = ''): number {
  if (text === '' || text === '0') return CONNECT_TIMEOUT;
  if (!/^\d{1,4}$/.test(text)) throw new Error('its connect_timeout is not a whole number of seconds');
  return Number(text) * 1000;
}

function takesWrites(attributes = 'any'): boolean {
  if (attributes === 'any') return false;
  if (attributes === 'read-write' || attributes === 'primary') return true;
  throw new Error(`its target_session_attrs is not one of any, read-write, primary: this server writes`);
}

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`a % in its ${part} does not begin two hexadecimal digits: write it as %25`);
  }
}
