import { readJson } from '../../../contract/json/reader';
import { CutoverError, messageOf } from '../../cutover-error';
import { collectionPath, listPath } from '../../traffic/resource';
import type { Side } from '../../sides/side';

/** What the probe creates, recognisable should it ever be left behind. */
const PROBE = {
  location: 'waste-cutover probe',
  waste_type: 'paper',
  quantity: 0,
  unit: 'kg',
  collected_date: '2000-01-01T00:00:00',
  status: 'pending',
};

/**
 * Finds out which id the old API gives next, which it tells in no other way: creates a collection and deletes it. This
 * burns one id.
 *
 * @returns the id after the burnt one
 * @throws CutoverError if the old API does not take the probe, or if it may have been left behind
 */
export async function probeNextCollectionId(side: Side<string>): Promise<bigint> {
  const created = await side.change('POST', listPath('collections'), JSON.stringify(PROBE)).catch((error: unknown) => {
    throw new CutoverError(
      `${messageOf(error)}. If the probe was sent, a collection at "${PROBE.location}" is left: look for it and delete it`,
    );
  });
  const row = created.status === 200 ? readJson(created.body) : undefined;
  const id = row instanceof Map ? row.get('id') : undefined;
  if (typeof id !== 'bigint') {
    throw new CutoverError(
      `${side.name} answers the probe with ${created.status}: give --next-id collections=N instead`,
    );
  }
  await removeProbe(side, id);
  return id + 1n;
}

async function removeProbe(side: Side<string>, id: bigint): Promise<void> {
  const left = (reason: string) =>
    new CutoverError(
      `the probe, collection ${id}, is left at ${side.name} (${reason}): curl -X DELETE ${side.name}${collectionPath(id)}`,
    );
  const { status } = await side.change('DELETE', collectionPath(id)).catch((error: unknown) => {
    throw left(messageOf(error));
  });
  if (status !== 200) throw left(`DELETE was answered ${status}`);
}
