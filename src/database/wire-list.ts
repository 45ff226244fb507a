import { sql, type SQL } from 'drizzle-orm';
import { WireText, type WireStream } from '../contract';
import type { Coalescer } from './coalescer';
import type { Database } from './database';
import { KeptAnswer, SNAPSHOT } from './kept-answer';
import type { Resource } from './resources';

/** Lists up to these many rows and bytes are held as one text, and may be kept; longer ones are streamed. */
const MOST_ROWS = 20_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** The text is null if the snapshot is the known one, or the list is too long. */
type Row = readonly [snapshot: string | null, wire: string | null];

/** Reads a table's list only if it changed since the known snapshot and is not too long. */
function listStatement(table: string): SQL {
  const rows = sql.identifier(table);
  return sql`
    select now.snapshot,
      case
        when now.snapshot = ${sql.placeholder('known')}::text then null
        when (
          select count(*) > ${sql.raw(String(MOST_ROWS))} or sum(wire_bytes) > ${sql.raw(String(MOST_BYTES))}
          from (select wire_bytes from ${rows} limit ${sql.raw(String(MOST_ROWS + 1))}) sample
        ) then null
        else (select '[' || coalesce(string_agg(wire, ','), '') || ']' from (select wire from ${rows} order by id) ordered)
      end as wire
    from (select ${SNAPSHOT} as snapshot) now`;
}

/** All rows of a table in id order, as one JSON array. */
export class WireList {
  private readonly kept = new KeptAnswer<WireText>();
  private readonly texts: Coalescer<null, WireText | undefined>;
  /** Whether the list was too long the last time: then it is not tried again before it has become short. */
  private long = false;

  constructor(
    private readonly database: Database,
    private readonly table: Resource,
  ) {
    const list = database.read<Row>(`${table}_list`, listStatement(table));
    this.texts = database.coalescer(async (askers: null[], deadline) => {
      const { epoch } = database;
      const [row] = await list.run({ known: this.kept.snapshot(epoch) }, deadline);
      const text = row === undefined ? undefined : this.textOf(row, epoch);
      return askers.map(() => text);
    });
  }

  /** The array: a text that concurrent callers share, or a stream of one's own if it is too long to hold. */
  async read(): Promise<WireText | WireStream> {
    const text = this.long ? undefined : await this.texts.add(null);
    if (text !== undefined) return text;
    const stream = await this.database.listStreams.open(this.table);
    this.long = stream.length > MOST_BYTES;
    return stream;
  }

  private textOf([snapshot, wire]: Row, epoch: number): WireText | undefined {
    if (wire === null) return this.kept.at(snapshot, epoch);
    const text = new WireText(wire);
    this.kept.keep(snapshot, epoch, text);
    return text;
  }
}
