import { Client, type ClientConfig } from 'pg';
import type { DatabaseAddress, Host } from './address';
import { StartRefusedError } from './database-errors';
import type { Tls } from './tls';

/** One way to one server of an address. */
export interface Target {
  readonly address: DatabaseAddress;
  readonly host: Host;
  readonly tls: Tls['ways'][number];
}

/** What the driver takes from the environment whatever its configuration says. */
interface Inherited {
  options: string | undefined;
  replication: string | undefined;
  client_encoding: string | undefined;
}

/** The driver's client without what it takes from the environment: PGOPTIONS, PGREPLICATION and PGCLIENTENCODING. */
export class DatabaseClient extends Client {
  constructor(config: ClientConfig) {
    super(config);
    const { connectionParameters } = this as unknown as { connectionParameters: Inherited };
    connectionParameters.options = config.options;
    connectionParameters.replication = undefined;
    connectionParameters.client_encoding = undefined;
  }
}

/**
 * The driver's options for one way to a server. Each option that it would else take from PG* variables or files of
 * the user is given.
 *
 * @param role what the connection is for, behind the name of the application, such as ` lists`
 */
export function clientOptions({ address, host, tls }: Target, role = ''): ClientConfig {
  const { password } = address;
  return {
    host: host.name,
    port: host.port,
    user: address.user,
    database: address.database,
    password: () => {
      if (password !== undefined) return password;
      throw new StartRefusedError('PostgreSQL asks for a password, and DATABASE_URL has none.');
    },
    ssl: tls ?? false,
    ...(tls === undefined
      ? { sslnegotiation: 'postgres' }
      : { sslnegotiation: address.tls.direct ? 'direct' : 'postgres' }),
    connectionTimeoutMillis: address.connectTimeout,
    // A peer that is gone without a word is found out by the kernel within 20 seconds, not two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: `${address.applicationName ?? 'waste-collection-api'}${role}`,
    ...(address.options === undefined ? {} : { options: address.options }),
  };
}
