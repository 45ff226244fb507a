import { aCollection, aLocation, json } from '../harness/samples';

const ROWS = 500;

/** Gives an old API rows with holes between their ids, and deletes the newest one. */
export async function fillWithRows(url: string): Promise<void> {
  for (let n = 1; n <= ROWS; n++) {
    await fetch(`${url}/api/collections`, json('POST', aCollection({ location: `first ${n}`, quantity: n / 8 })));
  }
  for (const id of [3, 4, 100, ROWS]) await fetch(`${url}/api/collections/${id}`, { method: 'DELETE' });
  for (const name of ['North', 'South']) await fetch(`${url}/api/locations`, json('POST', aLocation({ name })));
}
