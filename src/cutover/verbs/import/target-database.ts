import type { DatabaseClient } from '../../../database/client';
import { AddressSource } from '../../../database/address-source';
import { migrateDatabase } from '../../../database/migrations';
import { openClient } from '../../../database/open-client';
import { causeOf, refusalIn } from '../../../database/start-failure';
import { CutoverError, messageOf } from '../../cutover-error';
import type { ImportedResource, TypedRow } from './imported-resource';

/** What the target has of a resource. */
export interface StoredState {
  readonly rows: number;
  readonly nextId: bigint;
}

/** The database of the new API, as the import writes it. */
export class TargetDatabase {
  private constructor(
    private readonly client: DatabaseClient,
    readonly url: string,
  ) {}

  /**
   * Brings the database to this version's schema and connects.
   *
   * @throws CutoverError if there is none; StartRefusedError if it is too old or too new
   */
  static async open(url: string): Promise<TargetDatabase> {
    try {
      const address = new AddressSource(url);
      await migrateDatabase(address);
      const { client } = await openClient(address, { role: ' import', statementTimeout: 0 });
      await client.query(`set synchronous_commit = 'on'; set lock_timeout = '5s'`);
      return new TargetDatabase(client, url);
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal !== undefined) throw refusal;
      throw new CutoverError(`the database of DATABASE_URL cannot be used: ${causeOf(error).message}`, {
        cause: error,
      });
    }
  }

  async state({ name }: ImportedResource): Promise<StoredState> {
    const { rows } = await this.client.query<{ rows: string; next_id: string }>(
      `select (select count(*) from ${name}) as rows,
        coalesce((select next_id from id_counters where resource = '${name}'), 1) as next_id`,
    );
    return { rows: Number(rows[0]?.rows), nextId: BigInt(rows[0]?.next_id ?? 1) };
  }

  /**
   * Runs `work` in one transaction, in which nobody else can write; reading goes on. What is there afterwards has no place
   * in a journal that the database followed before: it follows none then.
   *
   * @throws CutoverError if someone else is writing, or if the connection was lost at the end; whatever `work` throws
   */
  async transaction(work: () => Promise<void>): Promise<void> {
    await this.client.query('begin');
    try {
      await this.lock();
      await this.client.query('delete from followed_answers; delete from followed_journal');
      await work();
    } catch (error) {
      await this.client.query('rollback').catch(() => undefined);
      throw error;
    }
    await this.client.query('commit').catch((error: unknown) => {
      throw new CutoverError(
        `the end of the import was not confirmed (${messageOf(error)}): run it again, it finds out whether it is there`,
      );
    });
    // Good plans for tables that have just grown. What is committed stays so without it.
    await this.client.query('vacuum (analyze) collections, locations').catch(() => undefined);
  }

  /** Removes every row. @returns how many there were */
  async clear({ name }: ImportedResource): Promise<number> {
    const { rowCount } = await this.client.query(`delete from ${name}`);
    return Number(rowCount);
  }

  /** Adds rows; the text that PostgreSQL makes of each must be the expected one. @throws CutoverError if it is not */
  async insert(resource: ImportedResource, rows: readonly TypedRow[]): Promise<void> {
    const width = rows[0]?.values.length ?? 0;
    const columns = Array.from({ length: width }, (_, index) => rows.map(({ values }) => values[index]));
    const { rows: written } = await this.client.query<{ id: string; wire: string }>({
      name: `import_${resource.name}`,
      text: resource.insert,
      values: [rows.map(({ id }) => id), ...columns],
    });
    const wires = new Map(written.map(({ id, wire }) => [id, wire]));
    for (const { id, wire } of rows) {
      const stored = wires.get(String(id));
      if (stored === wire) continue;
      throw new CutoverError(
        `${resource.name} ${id} would come back changed, so nothing was written: read ${wire}, stored ${String(stored)}`,
      );
    }
  }

  /** Sets the id that the next created row gets. */
  async setNextId({ name }: ImportedResource, nextId: bigint): Promise<void> {
    await this.client.query(
      'insert into id_counters values ($1, $2) on conflict (resource) do update set next_id = excluded.next_id',
      [name, nextId],
    );
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async lock(): Promise<void> {
    try {
      await this.client.query('lock table id_counters, collections, locations in share row exclusive mode');
    } catch (error) {
      throw new CutoverError(
        `someone else is writing to the target (${messageOf(error)}): stop whatever uses it, and import again`,
      );
    }
  }
}
