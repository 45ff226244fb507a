/** The parameters of an address that mean something here, by their names in libpq. */
export type AddressParameters = Readonly<Partial<Record<(typeof KNOWN)[number], string>>>;

const KNOWN = [
  'host',
  'port',
  'dbname',
  'user',
  'password',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'target_session_attrs',
  'connect_timeout',
  'options',
  'application_name',
] as const;

// What libpq, node-postgres or Prisma understand, and what changes no answer and protects nothing.
const IGNORED = new Set([
  'client_encoding',
  'fallback_application_name',
  'gssencmode',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'tcp_user_timeout',
  'load_balance_hosts',
  'uselibpqcompat',
  'connection_limit',
  'pool_timeout',
  'socket_timeout',
  'statement_cache_size',
  'pgbouncer',
]);

/** Parameters that are accepted with the value that says what is done anyway. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  schema: ['public'],
  channel_binding: ['disable', 'prefer'],
};

/**
 * The name of a parameter that means something here, undefined for one that may be left out.
 *
 * @throws Error with one sentence: a misspelled sslmode must not be a connection without TLS
 */
export function parameterOf(name: string, value: string): (typeof KNOWN)[number] | undefined {
  const known = KNOWN.find((one) => one === name);
  if (known !== undefined) return known;
  if (IGNORED.has(name)) return undefined;
  const allowed = FIXED[name];
  if (allowed === undefined)
    throw new Error('it has a parameter that is not known here; known are ' + KNOWN.join(', '));
  if (!allowed.includes(value)) throw new Error(`its parameter ${name} can only be ${allowed.join(' or ')} here`);
  return undefined;
}
