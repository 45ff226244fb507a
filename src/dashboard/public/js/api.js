/** The API cannot answer now: the database is away (503), or the server cannot be reached. */
export class Unavailable extends Error {
  constructor(message, retryAfterSeconds) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 422: `items` are the API's error items, each with its `loc` and `msg`. */
export class InvalidInput extends Error {
  constructor(items) {
    super('The API refused the input.');
    this.items = items;
  }
}

/** 504: the connection to the database was lost while it committed; the write may stand or not. */
export class OutcomeUnknown extends Error {}

const TIMEOUT_MS = 30_000;

export const readAnalytics = () => request('/api/analytics');
export const readCollections = () => request('/api/collections');
export const readLocations = () => request('/api/locations');

export const createCollection = (collection) =>
  request('/api/collections', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(collection),
  });

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', signal: window.AbortSignal.timeout(TIMEOUT_MS), ...options });
  } catch {
    throw new Unavailable('The server cannot be reached.', null);
  }
  if (response.ok) return response.json();
  throw await failure(response);
}

async function failure(response) {
  const detail = await response.json().then(
    (body) => body.detail,
    () => undefined,
  );
  if (response.status === 422 && Array.isArray(detail)) return new InvalidInput(detail);
  if (response.status === 504) return new OutcomeUnknown(String(detail));
  if ([502, 503].includes(response.status)) {
    const seconds = Number(response.headers.get('retry-after'));
    return new Unavailable(`The service is unavailable (${response.status}).`, seconds > 0 ? seconds : null);
  }
  return new Error(`The API answered ${response.status}${typeof detail === 'string' ? `: ${detail}` : ''}.`);
}
