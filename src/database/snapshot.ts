import type { QueryResultRow } from 'pg';
import type { AddressSource } from './address-source';
import type { DatabaseClient } from './client';
import { classify, lostUnlessAnswered } from './database-errors';
import { GRACE } from './link';
import { dropClient, openClient } from './open-client';

export interface SnapshotLimits {
  /** Milliseconds that a statement may take. */
  readonly statementTimeout: number;
  /** Milliseconds that PostgreSQL keeps it for a process that stands still between two statements. */
  readonly idle: number;
}

/** One moment of some tables, on a connection of its own: what is written meanwhile is not seen, and waits for nothing. */
export class Snapshot {
  private constructor(private readonly client: DatabaseClient) {}

  /** @throws DatabaseUnavailableError, or the server's error */
  static async open(
    address: AddressSource,
    tables: readonly string[],
    { statementTimeout, idle }: SnapshotLimits,
  ): Promise<Snapshot> {
    const limits = { statementTimeout, queryTimeout: statementTimeout + GRACE, idleInTransaction: idle };
    const { client } = await openClient(address, { role: ' snapshot', ...limits }).catch(refuse);
    const snapshot = new Snapshot(client);
    try {
      // The lock comes before the snapshot: TRUNCATE and rewrites do not respect snapshots that are older than they are.
      await snapshot.query(
        `begin isolation level repeatable read, read only; lock table ${tables.join(', ')} in access share mode`,
      );
      return snapshot;
    } catch (error) {
      snapshot.close();
      throw error;
    }
  }

  /** @param name under which the connection keeps the statement. @throws DatabaseUnavailableError, or the server's error */
  async query<Row extends QueryResultRow>(text: string, values?: readonly string[], name?: string): Promise<Row[]> {
    const given = {
      text,
      ...(name === undefined ? {} : { name }),
      ...(values === undefined ? {} : { values: [...values] }),
    };
    return (await this.client.query<Row>(given).catch(refuse)).rows;
  }

  /** PostgreSQL gives the snapshot up with the connection. */
  close(): void {
    dropClient(this.client);
  }
}

function refuse(error: unknown): never {
  throw classify(lostUnlessAnswered(error), 'read');
}
