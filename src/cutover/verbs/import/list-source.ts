import type { Resource } from '../../traffic/resource';
import type { Spool } from '../../sides/spool';

/** What a source needs to know for a list. */
export interface ReadOptions {
  /** The next id that the source will give, if that is known. */
  readonly nextId: bigint | undefined;
  /** Called with the number of rows so far. */
  readonly onRows: (rows: number) => void;
  /** Takes sentences for the operator. */
  readonly say: (sentence: string) => void;
}

/** A list as it was read. */
export interface ReadList {
  readonly spool: Spool;
  /** Ids, ascending, of rows that exist and that the source cannot render. */
  readonly unreadable: readonly bigint[];
}

/** Where an import takes its lists from. */
export interface ListSource {
  /** As people write it. */
  readonly name: string;
  /** @throws CutoverError if the list cannot be read; nothing was changed */
  read(resource: Resource, options: ReadOptions): Promise<ReadList>;
}
