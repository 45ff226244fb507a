import { DOUBLE_TRAPS } from '../database/values';
import { writeJson } from '../../src/contract/json/writer';
import { aCollection, aLocation } from '../../harness/samples';

const TEXTS = ['Depot', 'a\0b', '\\u0000 \\ "quoted"', 'Łódź 漢 🗑', '\u2028\x7f\x01\n', ''];
const DATES = [
  '2024-01-15T10:30:00',
  '2024-01-15T10:30:00.000001+02:00',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999-11:30',
  '2024-02-29T23:59:59-00:30',
];
const WASTE_TYPES = ['organic', 'plastic', 'paper', 'metal', 'glass', 'electronic'];

/** Sends JSON text. @returns the status and the answered text */
export async function send(method: string, url: string, body?: string): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
}

/** Creates a collection. @returns its id as answered; undefined if the server failed on the answer */
export async function create(
  url: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<number | undefined> {
  const { status, text } = await send('POST', `${url}/api/collections`, JSON.stringify(aCollection(changes)));
  return status === 200 ? (JSON.parse(text) as { id: number }).id : undefined;
}

/**
 * Fills a server through its API with what is hard to keep: every kind of double, dates with and without offsets, texts
 * with U+0000, replaced rows, ids with holes; the newest collection is deleted again.
 */
export async function fillSide(url: string): Promise<void> {
  for (const [index, quantity] of DOUBLE_TRAPS.entries()) {
    const body = {
      location: TEXTS[index % TEXTS.length]!,
      waste_type: WASTE_TYPES[index % WASTE_TYPES.length]!,
      quantity,
      unit: 'kg',
      collected_date: DATES[index % DATES.length]!,
      status: index % 3 === 0 ? 'completed' : 'pending',
    };
    await send('POST', `${url}/api/collections`, writeJson(body));
  }
  for (const id of [1, 7, 8, DOUBLE_TRAPS.length]) await send('DELETE', `${url}/api/collections/${id}`);
  await send('PUT', `${url}/api/collections/3`, JSON.stringify(aCollection({ location: 'replaced', quantity: 0.1 })));
  for (const [index, name] of TEXTS.entries()) {
    const coordinates = { latitude: DOUBLE_TRAPS[index]!, longitude: -0.1 * index };
    await send('POST', `${url}/api/locations`, writeJson({ ...aLocation({ name, ...coordinates }) } as never));
  }
}

/** What a server answers about all its data, byte for byte. */
export async function answersOf(url: string): Promise<Record<string, string>> {
  const paths = ['/api/collections', '/api/locations', '/api/analytics'];
  const answers = await Promise.all(paths.map(async (path) => (await send('GET', url + path)).text));
  return Object.fromEntries(paths.map((path, index) => [path, answers[index]!]));
}
