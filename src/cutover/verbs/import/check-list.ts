import { Progress } from '../../../progress';
import { ListDigest, type ListSummary } from '../../sides/list-digest';
import type { Resource } from '../../traffic/resource';
import type { Spool } from '../../sides/spool';
import { IMPORTED } from './imported-resource';
import type { ReadList } from './list-source';
import type { RefusalList } from './refusals';
import { RowReader } from './row-reader';
import type { ValueMap } from './value-map';

/** A list every row of which was looked at. */
export interface CheckedList {
  readonly resource: Resource;
  readonly spool: Spool;
  /** Of the list as the new API will answer it. */
  readonly summary: ListSummary;
  /** Of all rows of the source, those included that it cannot render; 0 without any. */
  readonly highestId: bigint;
  readonly unreadable: readonly bigint[];
  /** Rows whose JSON the new API spells otherwise. */
  readonly respelled: number;
}

/** Reads every row with the rules of the new schema; those that it cannot hold are added to `refused`. */
export async function checkList(
  resource: Resource,
  { spool, unreadable }: ReadList,
  map: ValueMap,
  refused: RefusalList,
): Promise<CheckedList> {
  const reader = new RowReader(IMPORTED[resource], map);
  const digest = new ListDigest();
  const progress = new Progress(`checking ${resource}`);
  for await (const texts of spool.rows()) {
    const wires: Buffer[] = [];
    for (const text of texts) {
      const row = reader.read(text);
      if ('wire' in row) wires.push(Buffer.from(row.wire));
      else refused.add(row);
    }
    digest.add(wires);
    progress.show(digest.rows);
  }
  progress.end();
  const highestId = [reader.highestId, ...unreadable].reduce((highest, id) => (id > highest ? id : highest));
  return { resource, spool, summary: digest.end().summary, highestId, unreadable, respelled: reader.respelled };
}
