import { OrderRefused, SideAway, type Resource, type Row } from './nouns';
import type { Disk, ScratchFile } from './ports';

/** Bytes that are read at once. */
const PIECE = 256 << 10;
/** Before each row: its id and its length. */
const HEAD = 12;

/** Rows of one resource on the journal's disk, which are gone when the process ends. A few hundred kilobytes of them are in memory. */
export class KeptRows {
  private written = 0;
  private last = -1;

  private constructor(
    private readonly resource: Resource,
    private readonly file: ScratchFile,
  ) {}

  /** @throws OrderRefused if the disk does not take it */
  static async open(disk: Pick<Disk, 'scratch'>, resource: Resource): Promise<KeptRows> {
    return new KeptRows(resource, await onDisk(() => disk.scratch()));
  }

  /** The highest id; 0 if there are no rows. */
  get highest(): number {
    return Math.max(0, this.last);
  }

  /** @throws SideAway if they are not in the order of their ids; OrderRefused if the disk does not take them */
  async add(rows: readonly Row[]): Promise<void> {
    const pieces: Buffer[] = [];
    for (const { id, bytes } of rows) {
      if (id <= this.last) throw new SideAway(`${this.resource} ${id} comes behind ${this.last} in a list`);
      this.last = id;
      const head = Buffer.allocUnsafe(HEAD);
      head.writeDoubleBE(id);
      head.writeUInt32BE(bytes.length, 8);
      pieces.push(head, bytes);
    }
    const piece = Buffer.concat(pieces);
    await onDisk(() => this.file.write(this.written, [piece]));
    this.written += piece.length;
  }

  /** In the order of their ids. @throws OrderRefused if the disk does not give them back */
  async *rows(): AsyncGenerator<readonly Row[]> {
    let rest: Buffer = Buffer.alloc(0);
    for (let offset = 0; offset < this.written;) {
      const from = offset;
      const piece = await onDisk(() => this.file.read(from, Math.min(PIECE, this.written - from)));
      if (piece.length === 0) throw new OrderRefused(`A copy on the journal's disk ends after ${from} bytes.`);
      offset += piece.length;
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const rows: Row[] = [];
      let at = 0;
      for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) {
        rows.push({ id: bytes.readDoubleBE(at), bytes: bytes.subarray(at + HEAD, end) });
        at = end;
      }
      rest = bytes.subarray(at);
      if (rows.length > 0) yield rows;
    }
    if (rest.length > 0) throw new OrderRefused("A copy on the journal's disk ends within a row.");
  }

  /** Gives the disk space back. */
  async close(): Promise<void> {
    await this.file.close();
  }
}

/** Where the row ends that begins here; behind everything while not even its head is there. */
function endOf(bytes: Buffer, at: number): number {
  return bytes.length < at + HEAD ? Infinity : at + HEAD + bytes.readUInt32BE(at + 8);
}

async function onDisk<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new OrderRefused(`A copy is kept on the journal's disk for a while, which fails (${problem}): make room.`, {
      cause: error,
    });
  }
}
