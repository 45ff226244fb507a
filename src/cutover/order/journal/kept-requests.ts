import type { Entry } from '../ledger';
import type { Request } from '../nouns';
import type { Journal } from './journal';
import { JournalDamaged } from './segments';

/** The requests of writes in the order of their places: those in memory, or else from the disk as many as one read gives. */
export async function requestsOf(
  journal: Pick<Journal, 'read'>,
  entries: readonly Entry[],
): Promise<readonly Request[]> {
  const requests: Request[] = [];
  for (const { request } of entries) {
    if (request === undefined) break;
    requests.push(request);
  }
  if (requests.length > 0) return requests;
  const found = await journal.read(entries.map(({ position }) => position));
  return found.map(({ record, body }) => {
    if (record.kind !== 'write') throw new JournalDamaged('A place holds no write.');
    const { method, target, headers } = record;
    return { method, target, headers, body };
  });
}

/** @throws JournalDamaged */
export async function requestOf(journal: Pick<Journal, 'read'>, entry: Entry): Promise<Request> {
  const [request] = await requestsOf(journal, [entry]);
  if (request === undefined) throw new JournalDamaged(`Place ${entry.place} cannot be read back.`);
  return request;
}
