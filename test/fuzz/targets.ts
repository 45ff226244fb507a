import type { Random } from './random';

/** Paths of the contract that have no id in them. */
const FIXED = [
  '/api/collections', '/api/locations', '/api/analytics', '/health', '/', '/openapi.json', '/docs', '/redoc', '/docs/oauth2-redirect',
  '/static/index.html', '/static/css/styles.css', '/static/js/app.js', '/static/js/chart.js',
] as const; // prettier-ignore

/** Paths that no route has. */
const UNKNOWN = [
  '/nope', '/api', '/api/', '/api/locations/1', '/api/collections/1/2', '/api/analytics/x', '//', '/static', '/static/', '/static/nope.js',
  '/static/css', '/static/../app.py', '/favicon.ico', '/API/collections', '/api/Collections', '/api/./collections', '/index.html',
  '/api/x/../collections', '/health/x', '/docs/x', '/openapi.json/x', '/static/%2e%2e/app.py', '/static/js//app.js', '*', '/*', '/%',
] as const; // prettier-ignore

/** An id segment for `GET /api/collections/<id>`: existing or not, in one of many spellings, or no integer at all. */
export function idSegment(random: Random, created: number): string {
  const id = String(random.int(1, created + 2));
  return random.weighted(
    [70, () => id],
    [5, () => random.pick(['0', '-1', '999', '-0', '+0', '9'.repeat(random.int(15, 30)), '9'.repeat(random.pick([4299, 4300, 4301]))])],
    [12, () => random.pick([`0${id}`, `+${id}`, `%2B${id}`, `${id}.`, `${id}.0`, `${id}.000`, `${'0'.repeat(random.int(1, 25))}${id}`, `%3${id.slice(-1)}`])],
    [5, () => random.pick([`${id}_`, `_${id}`, `${id}_0`, `0_${id}`, `${id}.0_0`, `1__${id}`, `+_${id}`, `${'0'.repeat(19)}_${id}_`])],
    [8, () => random.pick(['abc', '%20' + id, `${id}%20`, `${id}%0A`, `${id}%0a%0A`, '%0A', '1e0', '1.5', '.', '..', '%2e', `${id};x`, '%D9%A1', '%EF%BC%91',
      '%FF', '%E0%A4%A', '%', '%zz', '%C3%A9', 'NaN', 'null', 'true', '0x1', '%00', `${id}%00`, '%F0%9F%97%91', '"', '<b>', '\\', '%5C', '%ED%A0%80', '\xe9', `${id}\x7f`, '--1', '%2D1'])],
  ); // prettier-ignore
}

/** The target of a request for a fixed path, perhaps respelled. */
export function fixedTarget(random: Random): string {
  return respelled(random, random.pick(FIXED));
}

/** Any target: known, with an id, or unknown; respelled, with slashes, queries, fragments, or in absolute form. */
export function anyTarget(random: Random, created: number): string {
  const path = random.weighted<string>(
    [45, () => random.pick(FIXED)],
    [30, () => `/api/collections/${idSegment(random, created)}`],
    [25, () => random.pick(UNKNOWN)],
  );
  return respelled(random, path);
}

/** The path written in another way, some of which mean the same. */
function respelled(random: Random, path: string): string {
  const changed = random.weighted(
    [45, () => path],
    [15, () => percentEncoded(random, path)],
    [20, () => path + random.pick(['/', '/', '//', '///', '%2F', '%2f/'])],
    [
      6,
      () => path + random.pick(['%0A', '%0a', '%0A%0A', '%0D', '%0A/', '/%0A', '%00', '%20', '.', ';x', '%3F', '%23']),
    ],
    [4, () => `/${path}`],
    [3, () => path.replace('/', '/./')],
    [3, () => path.replace('/', '%2F')],
    [2, () => swapCase(random, path)],
    [
      3,
      () =>
        path +
        random.pick([
          '\xe9',
          '%FF',
          '%E0%A4%A',
          '%',
          '%4',
          '%zz',
          '+',
          '~',
          '%7E',
          "'",
          '"',
          '<',
          '|',
          '\\',
          '^',
          '`',
          '{}',
          '@',
          '[',
          '$&*,=',
        ]),
    ],
  );
  const query = random.weighted(
    [65, () => ''],
    [
      15,
      () =>
        random.pick([
          '?',
          '?x=1',
          '?a=%FF',
          '?%',
          '??',
          '?a=b&c=d',
          '?x=/',
          '?x=%2F',
          '?"<>',
          '?a b',
          '?\xe9',
          '?a=%C3%A9',
        ]),
    ],
    [5, () => random.pick(['#f', '?x#f', '#?x', '?#', '#'])],
    [5, () => `?${random.digits(random.chance(5) ? random.int(8_000, 60_000) : random.int(1, 300))}`],
  );
  const absolute = random.chance(5)
    ? random.pick(['http://other.test', 'http://api.test', 'https://x', 'http://u:p@h:80', 'HTTP://h'])
    : '';
  return absolute + changed + query;
}

function percentEncoded(random: Random, path: string): string {
  const some = random.weighted([3, () => 15], [1, () => 100]);
  return path.replace(/[A-Za-z0-9/._]/g, (one) => {
    if (!random.chance(some) || one === '/') return one;
    const hex = one.charCodeAt(0).toString(16);
    return `%${random.chance(50) ? hex.toUpperCase() : hex}`;
  });
}

function swapCase(random: Random, path: string): string {
  const at = random.int(0, path.length - 1);
  const one = path.charAt(at);
  return path.slice(0, at) + (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()) + path.slice(at + 1);
}
