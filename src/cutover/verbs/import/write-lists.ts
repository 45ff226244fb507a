import { Writable } from 'node:stream';
import { CutoverError } from '../../cutover-error';
import { Progress } from '../../../progress';
import type { Resource } from '../../traffic/resource';
import { StoredLists } from '../stored-lists';
import type { CheckedList } from './check-list';
import { IMPORTED, type TypedRow } from './imported-resource';
import type { Removal } from './removal';
import { RowReader } from './row-reader';
import type { StoredState, TargetDatabase } from './target-database';
import type { ValueMap } from './value-map';

/** A list that can be written as it is. */
export interface PlannedList extends CheckedList {
  /** The id that the next created row shall get. */
  readonly nextId: bigint;
  /** Whether the operator named it. */
  readonly nextIdIsGiven: boolean;
}

/**
 * Recognises lists that the target has already, byte for byte, as after the same import before. A next id that is too
 * low there is raised.
 *
 * @returns the lists with the next ids of the target; undefined if it does not have them all
 * @throws CutoverError if it has something else and that may not be replaced
 */
export async function adoptPresent(
  target: TargetDatabase,
  lists: readonly PlannedList[],
  replace: boolean,
): Promise<readonly PlannedList[] | undefined> {
  const found: { list: PlannedList; state: StoredState }[] = [];
  for (const list of lists) found.push({ list, state: await target.state(IMPORTED[list.resource]) });
  if (!found.some(({ state }) => isOccupied(state))) return undefined;
  let same = true;
  for (const { list, state } of found) same &&= await isSame(target, list, state);
  if (same) {
    for (const { list, state } of found) {
      if (state.nextId < list.nextId) await target.setNextId(IMPORTED[list.resource], list.nextId);
    }
    return found.map(({ list, state }) => ({
      ...list,
      nextId: state.nextId > list.nextId ? state.nextId : list.nextId,
    }));
  }
  if (replace) return undefined;
  const what = found.map(({ list, state }) => `${state.rows} ${list.resource}, next id ${state.nextId}`).join('; ');
  throw new CutoverError(
    `the target is not empty (${what}), and nothing was written. Check DATABASE_URL; --replace removes what is there, in ` +
      'the same transaction',
  );
}

/**
 * Writes the lists in one transaction.
 *
 * @param removed what is removed for it, if that may be
 * @throws CutoverError if the target has something else by now, or see TargetDatabase
 */
export async function writeLists(
  target: TargetDatabase,
  lists: readonly PlannedList[],
  map: ValueMap,
  removed?: readonly Removal[],
): Promise<void> {
  await target.transaction(async () => {
    for (const list of lists) {
      const resource = IMPORTED[list.resource];
      const known = removed?.find(({ resource: name }) => name === list.resource)?.rows;
      const isAsKnown =
        known === undefined ? !isOccupied(await target.state(resource)) : (await target.clear(resource)) === known;
      if (!isAsKnown) {
        throw new CutoverError(`someone has written ${list.resource} to the target meanwhile: nothing was imported`);
      }
      await writeRows(target, list, map);
      await target.setNextId(resource, list.nextId);
    }
  });
}

async function writeRows(target: TargetDatabase, { resource, spool }: PlannedList, map: ValueMap): Promise<void> {
  const reader = new RowReader(IMPORTED[resource], map);
  const progress = new Progress(`writing ${resource}`);
  let written = 0;
  for await (const texts of spool.rows()) {
    const rows: TypedRow[] = [];
    for (const text of texts) {
      const row = reader.read(text);
      // The same rules have accepted every row before.
      if ('wire' in row) rows.push(row);
    }
    await target.insert(IMPORTED[resource], rows);
    progress.show((written += rows.length));
  }
  progress.end();
}

/** Whether it has rows, or has had some: ids that were given out once must not be given out again. */
function isOccupied({ rows, nextId }: StoredState): boolean {
  return rows > 0 || nextId > 1n;
}

/** Whether it has exactly these rows, and has given out no id that a named next id would give out again. */
async function isSame(target: TargetDatabase, list: PlannedList, { rows, nextId }: StoredState): Promise<boolean> {
  if (rows !== list.summary.rows || (list.nextIdIsGiven && nextId > list.nextId)) return false;
  return (await storedDigest(target.url, list.resource)) === list.summary.sha256;
}

async function storedDigest(url: string, resource: Resource): Promise<string> {
  const stored = new StoredLists(url);
  try {
    const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
    return (await stored.writeTo(resource, nowhere)).sha256;
  } finally {
    await stored.close();
  }
}
