import { Transform, type TransformCallback, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatabaseError } from 'pg';
import type { WireStream } from '../../contract';
import { DatabaseUnavailableError } from '../../database/database-errors';
import { ListStreams } from '../../database/list-streams';
import { CutoverError, messageOf } from '../cutover-error';
import { ListDigest, type ListSummary } from '../sides/list-digest';
import type { Resource } from '../traffic/resource';
import { RowSplitter } from '../traffic/row-splitter';

/** In milliseconds: as long as an operator's pager may stand still, or PostgreSQL may count a long table. */
const PATIENCE = 86_400_000;
const COUNT_TIMEOUT = 600_000;

const UNDEFINED_TABLE = '42P01';

/** The lists of the new API, written by the code that the API itself writes long lists with, without the API. */
export class StoredLists {
  private readonly streams: ListStreams;

  constructor(address: string) {
    this.streams = new ListStreams({
      address,
      limit: 1,
      writeTimeout: PATIENCE,
      statementTimeout: COUNT_TIMEOUT,
      epoch: () => 0,
    });
  }

  /**
   * Writes a list, from one snapshot and in small memory, and ends `target` unless it is a standard stream.
   *
   * @throws CutoverError if the database fails half-way; what writing to `target` throws
   */
  async writeTo(
    resource: Resource,
    target: Writable,
    onRows: (rows: number) => void = () => undefined,
  ): Promise<ListSummary> {
    const list = await this.open(resource);
    const meter = new ListMeter(onRows);
    const end = target !== process.stdout;
    try {
      const written = pipeline(meter, target, { end });
      await Promise.all([list.sendTo(meter), written]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
      throw new CutoverError(`the database did not give the whole list of ${resource}: ${messageOf(error)}`);
    } finally {
      await list.close();
    }
    return meter.summary;
  }

  private async open(resource: Resource): Promise<WireStream> {
    try {
      return await this.streams.open(resource);
    } catch (error) {
      // To a server, a table that is missing may be one that is just being restored.
      const answer = error instanceof DatabaseUnavailableError ? error.cause : error;
      if (!(answer instanceof DatabaseError) || answer.code !== UNDEFINED_TABLE) throw error;
      throw new CutoverError('the database has no tables of this API: is DATABASE_URL right?', { cause: error });
    }
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.streams.end();
  }
}

/** Lets a list through and counts what passes. */
class ListMeter extends Transform {
  private readonly splitter = new RowSplitter('the database');
  private readonly digest = new ListDigest();
  summary: ListSummary = { rows: 0, sha256: '' };

  constructor(private readonly onRows: (rows: number) => void) {
    super();
  }

  override _transform(piece: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      this.digest.add(this.splitter.push(piece));
      this.onRows(this.digest.rows);
      done(null, piece);
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.splitter.end();
      this.summary = this.digest.end().summary;
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}
