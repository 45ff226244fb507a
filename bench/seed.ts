import { appendFileSync, writeFileSync } from 'node:fs';
import { Client } from 'pg';
import { collectionBodies } from './bodies';
import { MOST_ROWS } from './cells';

/** How a table of collections is filled from `seed(id, body)`. */
export interface SeededTable {
  /** Empties everything that the side stores. */
  readonly empty: string;
  /** Fills it with the rows up to id `$1`, their ids moved by `$2`. */
  readonly fill: string;
  /** After that many rows, the next one gets the next id. */
  readonly count: string;
}

/** Writes bodies, one a line: the same data for all sides. Beyond what any cell needs, they come again. */
export function writeSeedFile(file: string, rows = MOST_ROWS): void {
  const lines = collectionBodies(MOST_ROWS).map((body) => `${JSON.stringify(body)}\n`);
  writeFileSync(file, '');
  for (let first = 0; first < rows; first += MOST_ROWS) appendFileSync(file, lines.slice(0, rows - first).join(''));
}

/** A database whose collections can be set to the first rows of the seed file. */
export class SeededDatabase {
  private constructor(
    private readonly client: Client,
    private readonly table: SeededTable,
  ) {}

  /** Puts all bodies into a table `seed` of this database. */
  static async prepare(url: string, table: SeededTable): Promise<SeededDatabase> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('create unlogged table seed (id bigint generated always as identity primary key, body jsonb)');
    const bodies = collectionBodies(MOST_ROWS).map((body) => JSON.stringify(body));
    await client.query('insert into seed (body) select unnest($1::jsonb[])', [bodies]);
    return new SeededDatabase(client, table);
  }

  /** Leaves exactly the first `rows` rows, vacuumed, and no checkpoint due; beyond the seed its rows come again. */
  async setRows(rows: number): Promise<void> {
    const { empty, fill, count } = this.table;
    await this.client.query('begin');
    await this.client.query(empty);
    for (let first = 0; first < rows; first += MOST_ROWS) {
      await this.client.query(fill, [Math.min(rows - first, MOST_ROWS), first]);
    }
    await this.client.query(count, [rows]);
    await this.client.query('commit');
    await this.client.query('vacuum analyze collections');
    await this.client.query('checkpoint');
  }

  /** Changes a row to what it was. */
  async touch(): Promise<void> {
    await this.client.query('update collections set quantity = quantity where id = 1');
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
