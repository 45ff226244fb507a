import { PassThrough } from 'node:stream';
import { splitRows } from '../../traffic/row-splitter';
import { rowCount, type Resource } from '../../traffic/resource';
import type { Spool } from '../../sides/spool';
import { StoredLists } from '../stored-lists';
import { differencesOf } from '../verify/differences';
import { IdRanges } from './id-ranges';
import { IMPORTED } from './imported-resource';
import { RowReader } from './row-reader';
import type { ValueMap } from './value-map';
import type { CheckedList } from './check-list';

/** What `--replace` removes of a resource. */
export interface Removal {
  readonly resource: Resource;
  /** All that the target has. */
  readonly rows: number;
  /** Of them, those that the source does not have. */
  readonly lacking: IdRanges;
  /** Of them, those that the source has with other values. */
  readonly otherwise: IdRanges;
}

/** Compares what the target has with what is to be written in its place, in small memory. @throws CutoverError */
export async function removals(url: string, lists: readonly CheckedList[], map: ValueMap): Promise<Removal[]> {
  const stored = new StoredLists(url);
  try {
    const found: Removal[] = [];
    for (const list of lists) found.push(await removalOf(stored, list, map));
    return found;
  } finally {
    await stored.close();
  }
}

/** True if something is removed that the source does not have like that. */
export function losesRows(found: readonly Removal[]): boolean {
  return found.some(({ lacking, otherwise }) => lacking.count + otherwise.count > 0);
}

/** A sentence for the operator. */
export function removalText({ resource, rows, lacking, otherwise }: Removal): string {
  const parts = [
    ...(lacking.count > 0 ? [`${lacking.count} of them the source lacks (id ${lacking.text})`] : []),
    ...(otherwise.count > 0 ? [`${otherwise.count} it has with other values (id ${otherwise.text})`] : []),
  ];
  const what = parts.length > 0 ? parts.join(', ') : 'the source has all of them';
  return `--replace removes ${rowCount(rows)} of ${resource} from the target${rows === 0 ? '' : `: ${what}`}`;
}

async function removalOf(stored: StoredLists, { resource, spool }: CheckedList, map: ValueMap): Promise<Removal> {
  const list = new PassThrough();
  let rows = 0;
  const lacking = new IdRanges();
  const otherwise = new IdRanges();
  const written = stored.writeTo(resource, list).then((summary) => (rows = summary.rows));
  const compared = (async () => {
    const there = splitRows(list, 'the database');
    for await (const { id = '0', left, right } of differencesOf(there, wiresOf(resource, spool, map))) {
      if (left !== undefined) (right === undefined ? lacking : otherwise).add(BigInt(id));
    }
  })();
  await Promise.all([written, compared]);
  return { resource, rows, lacking, otherwise };
}

/** The rows as the target will answer them. */
async function* wiresOf(resource: Resource, spool: Spool, map: ValueMap): AsyncGenerator<Buffer[]> {
  const reader = new RowReader(IMPORTED[resource], map);
  for await (const texts of spool.rows()) {
    const wires: Buffer[] = [];
    for (const text of texts) {
      const row = reader.read(text);
      if ('wire' in row) wires.push(Buffer.from(row.wire));
    }
    yield wires;
  }
}
