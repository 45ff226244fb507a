import { DatabaseError } from 'pg';
import { parseDatabaseAddress } from '../address';
import { clientOptions, DatabaseClient } from '../client';
import { connectionStringOf, DATABASE } from './credentials';
import { EmbeddedServerError } from './embedded-server-error';

/** What is found at a socket: a server that answers, one that is starting or shutting down, or none. */
export type Finding = 'ready' | 'busy' | 'absent';

const CONNECT_TIMEOUT_MS = 5000;
const INVALID_PASSWORD = ['28P01', '28000'];
const DUPLICATE_DATABASE = '42P04';

/**
 * Knocks at the server's socket with the API's own role and password.
 * @throws EmbeddedServerError when a server answers that does not know the password
 */
export async function probe(socketDirectory: string, password: string): Promise<Finding> {
  const client = await connect(socketDirectory, password);
  if (typeof client === 'string') return client;
  await client.end();
  return 'ready';
}

/** Creates the API's database if the server has none of that name. */
export async function ensureDatabase(socketDirectory: string, password: string): Promise<void> {
  const client = await connect(socketDirectory, password);
  if (typeof client === 'string') throw new EmbeddedServerError('PostgreSQL started, but does not accept connections.');
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== DUPLICATE_DATABASE) throw error;
  } finally {
    await client.end();
  }
}

async function connect(socketDirectory: string, password: string): Promise<DatabaseClient | Exclude<Finding, 'ready'>> {
  const address = parseDatabaseAddress(connectionStringOf(socketDirectory, password, 'postgres'));
  const [host] = address.hosts;
  const client = new DatabaseClient({
    ...clientOptions({ address, host, tls: undefined }, ' supervisor'),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A server that goes away in between is news for the supervisor, not for this connection.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (error instanceof DatabaseError && INVALID_PASSWORD.includes(error.code ?? '')) {
      throw new EmbeddedServerError(
        `The PostgreSQL at ${socketDirectory} does not accept the API's password (${error.message}): bring back the ` +
          'file "password" of the data directory that belongs to this cluster.',
      );
    }
    // Any other answer in PostgreSQL's protocol, "the database system is starting up" above all, means a live server.
    return error instanceof DatabaseError ? 'busy' : 'absent';
  }
}
