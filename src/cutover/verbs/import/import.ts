import { CutoverError } from '../../cutover-error';
import { Progress } from '../../../progress';
import { rowCount, type Resource } from '../../traffic/resource';
import type { Spool } from '../../sides/spool';
import { checkList, type CheckedList } from './check-list';
import type { ListSource, ReadList } from './list-source';
import { nextIdOf } from './next-id';
import { removals, type Removal } from './removal';
import { RefusalList, type RefusalKind } from './refusals';
import type { TargetDatabase } from './target-database';
import type { ValueMap } from './value-map';
import { adoptPresent, writeLists, type PlannedList } from './write-lists';

export interface ImportRequest {
  readonly target: TargetDatabase;
  /** Which resources, each from where. */
  readonly sources: ReadonlyMap<Resource, ListSource>;
  readonly map: ValueMap;
  /** As the operator gave them. */
  readonly nextIds: ReadonlyMap<Resource, bigint>;
  /** Asks the old side for the next id of collections; undefined if it may not be asked. */
  readonly probe: (() => Promise<bigint>) | undefined;
  /** Whether what the target has may be removed. */
  readonly replace: boolean;
  /** Is told what that removes. @throws to keep it */
  readonly onRemoval: (found: readonly Removal[]) => Promise<void>;
  /** Whether rows that the source cannot render are left out, rather than stopping the import. */
  readonly withoutUnreadable: boolean;
  /** Called when everything was read and can be written, before it is. */
  readonly onPlanned?: () => Promise<void>;
  /** Takes sentences and listings for the operator. */
  readonly say: (sentence: string) => void;
}

export interface ImportReport {
  readonly outcome: 'imported' | 'already there';
  readonly lists: readonly PlannedList[];
  /** How many rows each rule of --map changed. */
  readonly mapped: Readonly<Record<string, number>>;
}

/** Rows that the new schema cannot hold. Every one of them was listed, and nothing was written. */
export class RowsRefusedError extends CutoverError {
  override name = 'RowsRefusedError';

  constructor(
    readonly rows: number,
    readonly kinds: readonly RefusalKind[],
    advice: readonly string[],
  ) {
    const resolve = advice.length === 0 ? '' : `. To resolve them:\n  ${advice.join('\n  ')}`;
    super(`${rowCount(rows)} cannot be held by the new schema, and nothing was written${resolve}`);
  }
}

/**
 * Copies lists into the target, all or nothing: reads them, checks every row, then writes them in one transaction.
 *
 * @throws CutoverError and its kinds; nothing was written then, unless the message says that this is not known
 */
export async function importLists(request: ImportRequest): Promise<ImportReport> {
  const { target, map, replace } = request;
  const spools: Spool[] = [];
  try {
    const probed = await request.probe?.();
    const read = await readLists(request, probed, spools);
    const checked = await checkLists(request, read);
    const lists = checked.map((list) => planned(request, list, probed));
    const mapped = map.used;
    await request.onPlanned?.();
    const present = await adoptPresent(target, lists, replace);
    if (present !== undefined) return { outcome: 'already there', lists: present, mapped };
    const removed = replace ? await removals(target.url, lists, map) : undefined;
    if (removed?.some(({ rows }) => rows > 0)) await request.onRemoval(removed);
    await writeLists(target, lists, map, removed);
    return { outcome: 'imported', lists, mapped };
  } finally {
    await Promise.all(spools.map((spool) => spool.close()));
  }
}

/** All lists one after the other, with nothing in between, so that they are of nearly one moment. */
async function readLists(
  { sources, nextIds, say }: ImportRequest,
  probed: bigint | undefined,
  spools: Spool[],
): Promise<Map<Resource, ReadList>> {
  const lists = new Map<Resource, ReadList>();
  for (const [resource, source] of sources) {
    const progress = new Progress(`reading ${resource} from ${source.name}`);
    const nextId = nextIds.get(resource) ?? (resource === 'collections' ? probed : undefined);
    const list = await source.read(resource, { nextId, onRows: (rows) => progress.show(rows), say });
    progress.end();
    spools.push(list.spool);
    lists.set(resource, list);
  }
  return lists;
}

/** @throws RowsRefusedError; CutoverError if rows could not be read and may not be left out */
async function checkLists(request: ImportRequest, lists: ReadonlyMap<Resource, ReadList>): Promise<CheckedList[]> {
  const { map, say } = request;
  const refused = new RefusalList(say);
  const checked: CheckedList[] = [];
  for (const [resource, list] of lists) checked.push(await checkList(resource, list, map, refused));
  const unreadable = checked.flatMap((list) => list.unreadable.map((id) => `${list.resource}, id ${id}`));
  for (const row of unreadable) say(`${row}: the old API has it and cannot render it (500)`);
  if (refused.rows > 0) throw new RowsRefusedError(refused.rows, refused.kinds, refused.advice);
  if (unreadable.length > 0 && !request.withoutUnreadable) {
    throw new CutoverError(
      `${rowCount(unreadable.length)} could not be read, and nothing was written. The old API can still replace them (PUT) or ` +
        'delete them (DELETE); or leave them out with --without-unreadable',
    );
  }
  return checked;
}

function planned({ nextIds, say }: ImportRequest, list: CheckedList, probedId: bigint | undefined): PlannedList {
  const { resource, highestId } = list;
  const given = nextIds.get(resource);
  const probed = resource === 'collections' ? probedId : undefined;
  const nextId = nextIdOf({ resource, highestId, given, probed }, say);
  return { ...list, nextId, nextIdIsGiven: given !== undefined };
}
