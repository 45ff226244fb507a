import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { messageOf } from '../command-line';
import { knownMigrations } from '../database/migrations';
import { BackupError } from './backup-error';
import {
  BackupReader,
  countLines,
  END_PREFIX,
  FIRST_LINE,
  TABLE_PREFIX,
  type BackupEnd,
  type BackupHeader,
  type BackupTable,
  type RowCounts,
} from './backup-format';

/** Takes the rows of a table, all of them. */
export type TableVisitor = (table: BackupTable, rows: AsyncIterable<Buffer>) => Promise<void>;

export type OnRows = (table: string, rows: number) => void;

/** What a backup says of itself, once it was read to its end. */
export interface ReadBackup {
  readonly header: BackupHeader;
  readonly rows: RowCounts;
}

const PIECE_BYTES = 1024 * 1024;

/** A backup's file, which is read as often as needed. */
export class BackupFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly name: string,
  ) {}

  /** @throws BackupError if it cannot be read */
  static async open(name: string): Promise<BackupFile> {
    try {
      return new BackupFile(await open(name), name);
    } catch (error) {
      throw new BackupError(`${name} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Reads it from its beginning to its end, and checks that it is whole and unchanged.
   *
   * @param visit gets each table in turn
   * @param onRows called with the number of rows of a table so far
   * @throws BackupError if it is not a backup, of a later version, damaged, or cut off; what `visit` throws
   */
  async read(visit: TableVisitor, onRows: OnRows): Promise<ReadBackup> {
    // An error comes out where it is read.
    const unpacked = pipeline(this.packed(), createGunzip({ chunkSize: PIECE_BYTES }), () => undefined);
    const reader = new BackupReader((unpacked as AsyncIterable<Buffer>)[Symbol.asyncIterator](), this.name);
    try {
      return await this.readAll(reader, visit, onRows);
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (!code.startsWith('Z_')) throw error;
      throw reader.damaged(messageOf(error));
    } finally {
      unpacked.destroy();
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async *packed(): AsyncGenerator<Buffer> {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  private async readAll(reader: BackupReader, visit: TableVisitor, onRows: OnRows): Promise<ReadBackup> {
    if ((await reader.line().catch(() => undefined)) !== FIRST_LINE) {
      throw new BackupError(`${this.name} is not a backup of this program, or one of a later version`);
    }
    const header = parse(await reader.line(), reader) as BackupHeader;
    this.refuseNewer(header);
    const rows: Record<string, number> = {};
    for (;;) {
      const before = reader.digest();
      const line = await reader.line();
      if (line.startsWith(TABLE_PREFIX)) {
        const table = parse(line.slice(TABLE_PREFIX.length), reader) as BackupTable;
        let count = 0;
        await visit(
          table,
          counted(reader.rows(), (lines) => onRows(table.table, (count += lines))),
        );
        rows[table.table] = count;
      } else if (line.startsWith(END_PREFIX)) {
        const end = parse(line.slice(END_PREFIX.length), reader) as BackupEnd;
        await reader.end();
        if (end.sha256 !== before) throw reader.damaged('its SHA-256 is another than that at its end');
        if (JSON.stringify(end.rows) !== JSON.stringify(rows))
          throw reader.damaged('it has not as many rows as it says');
        return { header, rows };
      } else throw reader.damaged('a table or the end is missing');
    }
  }

  /** Rows of a schema that this program does not know must not be bent to its own. */
  private refuseNewer({ migrations, program }: BackupHeader): void {
    const known = new Set(knownMigrations().map(({ when }) => when));
    const unknown = migrations.filter(({ when }) => !known.has(when)).map(({ tag }) => tag);
    if (unknown.length === 0) return;
    throw new BackupError(
      `${this.name} was taken by version ${program} from a newer schema (${unknown.join(', ')}): restore it with that ` +
        'version or a later one',
    );
  }
}

/** The line's JSON, whose form is that of the first line's. @throws BackupError if it is none */
function parse(line: string, reader: BackupReader): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw reader.damaged(messageOf(error));
  }
}

async function* counted(pieces: AsyncIterable<Buffer>, count: (lines: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    count(countLines(piece));
    yield piece;
  }
}
