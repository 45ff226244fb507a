import type { RecordedRequest } from '../../../recordings/exchange';
import { sendRaw, type Target, type Timeouts } from '../../../recordings/raw-http';
import { rowsOf } from '../../traffic/rows';
import { collectionPath } from '../../traffic/resource';

/** A read of the contract with the template of its path. */
export interface CalibrationRead {
  route: string;
  request: RecordedRequest;
}

function read(method: string, target: string, headers: RecordedRequest['headers'] = []): RecordedRequest {
  return { method, target, headers, body: null };
}

/** Every kind of read: lists, analytics, health, document, pages, and each way to go wrong; nothing is written. */
const ALWAYS: readonly CalibrationRead[] = [
  { route: '/api/collections', request: read('GET', '/api/collections') },
  { route: '/api/collections', request: read('GET', '/api/collections', [['Origin', 'http://example.org']]) },
  { route: '/api/locations', request: read('GET', '/api/locations') },
  { route: '/api/analytics', request: read('GET', '/api/analytics') },
  { route: '/health', request: read('GET', '/health') },
  { route: '/openapi.json', request: read('GET', '/openapi.json') },
  { route: '/openapi.json', request: read('HEAD', '/openapi.json') },
  { route: '/', request: read('GET', '/') },
  { route: '/docs', request: read('GET', '/docs') },
  { route: '/api/collections/{collection_id}', request: read('GET', '/api/collections/0') },
  { route: '/api/collections/{collection_id}', request: read('GET', '/api/collections/first') },
  { route: '/docs', request: read('PATCH', '/docs') },
  { route: '/api/collections/', request: read('GET', '/api/collections/') },
  { route: '(other)', request: read('GET', '/api/unknown') },
  {
    route: '/api/collections',
    request: read('OPTIONS', '/api/collections', [
      ['Origin', 'http://example.org'],
      ['Access-Control-Request-Method', 'PUT'],
    ]),
  },
];

/**
 * The reads for a side: those that every side answers, and single records that it holds, spread over its list.
 *
 * @param records most single records to read
 * @throws UnreachableError, NoAnswerError
 */
export async function calibrationReads(side: Target, records: number, timeouts: Timeouts): Promise<CalibrationRead[]> {
  const { body } = await sendRaw(side, read('GET', '/api/collections'), timeouts);
  const ids = Array.from(rowsOf(body), ({ id }) => id);
  const step = Math.max(1, Math.floor(ids.length / Math.max(1, records)));
  const chosen = ids.filter((_, index) => index % step === 0).slice(0, records);
  const route = '/api/collections/{collection_id}';
  return [...ALWAYS, ...chosen.map((id) => ({ route, request: read('GET', collectionPath(id)) }))];
}
