import type { RequestHeader } from '../../src/recordings/exchange';
import type { Random } from './random';

/** Methods that both HTTP parsers know; CONNECT has no path and is left out. */
export const KNOWN_METHODS = [
  'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'COPY', 'LOCK', 'MKCOL', 'MOVE', 'PROPFIND', 'PROPPATCH',
  'SEARCH', 'UNLOCK', 'BIND', 'REBIND', 'UNBIND', 'ACL', 'REPORT', 'MKACTIVITY', 'CHECKOUT', 'MERGE', 'M-SEARCH', 'NOTIFY',
  'SUBSCRIBE', 'UNSUBSCRIBE', 'PURGE', 'MKCALENDAR', 'LINK', 'UNLINK', 'SOURCE',
] as const; // prettier-ignore

const MADE_UP = [
  'FOO',
  'get',
  'Post',
  'GETT',
  'GE',
  'X-Y',
  'PUTS',
  'HEADS',
  '123',
  'G-T',
  'DELETEX',
  'BREW',
  'OPTION',
] as const;

/** Any method: mostly known ones, some that no parser knows. */
export function anyMethod(random: Random): string {
  return random.weighted(
    [50, () => random.pick(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])],
    [35, () => random.pick(KNOWN_METHODS)],
    [15, () => random.pick(MADE_UP)],
  );
}

/** Content types: those that mean JSON, those that nearly do, others. `undefined` sends none. */
export function contentType(random: Random): string | undefined {
  return random.weighted<string | undefined>(
    [30, () => 'application/json'],
    [10, () => undefined],
    [20, () => random.pick(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;', 'application/JSON ;x',
      'application/vnd.api+json', 'application/problem+json; x=y', 'application/+json', 'application/*+json',
      'application/ld+JSON', '  application/json  ', '', 'application/json;charset=utf-16', 'application/a+b+json'])],
    [25, () => random.pick(['text/plain', 'text/json', 'application/jsonx', 'application/ json', 'application /json',
      'application/json, text/plain', 'application/json/x', 'json', 'application', 'application/', '/json', '*/*', ';', '/',
      'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json+xml', 'application\t/json',
      'application/\xa0json', 'application/json\xa0', '\x85application/json', 'application/j\xe9son', 'text/html;a/b',
      'application/xjson', 'application/x-json', 'application/json+', '"application/json"', 'application/json text/plain'])],
    [15, () => random.pick(['application/', 'text/', 'Application/']) + random.pick(['json', '+json', 'x+json', 'JSON', 'json5'])],
  ); // prettier-ignore
}

const ORIGINS = [
  'http://app.example', 'null', '', '*', 'https://x:8443', 'http://app.example, http://b', 'caf\xe9', '\xff\x80', 'HTTP://A B',
  'http://xn--bcher-kva.example', '"quoted"', 'a;b=c',
] as const; // prettier-ignore

/** Headers of a cross-origin request that is no preflight: Origin (seldom two), perhaps a cookie. */
export function originHeaders(random: Random): RequestHeader[] {
  const headers: RequestHeader[] = [[cased(random, 'origin'), random.pick(ORIGINS)]];
  if (random.chance(15)) headers.push(['Origin', random.pick(ORIGINS)]);
  if (random.chance(35)) headers.push([cased(random, 'cookie'), random.pick(['', 'a=b', 'session=\xe9', 'a=b; c=d'])]);
  return random.shuffled(headers);
}

/**
 * Headers of a preflight, complete or lacking one, with methods that are allowed and others. White space after a value is
 * left out: it is no part of the value (RFC 9110), and Node drops it, where the old server's parser kept it.
 */
export function preflightHeaders(random: Random): RequestHeader[] {
  const method = random.pick([
    'GET',
    'PUT',
    'DELETE',
    'PATCH',
    'HEAD',
    'OPTIONS',
    'get',
    'TRACE',
    '',
    'GET, PUT',
    'GET,',
    '*',
    'FOO',
    '\xe9',
  ]);
  const headers: RequestHeader[] = random.chance(90) ? originHeaders(random) : [];
  if (random.chance(92)) headers.push([cased(random, 'access-control-request-method'), method]);
  if (random.chance(8)) headers.push(['Access-Control-Request-Method', random.pick(['GET', 'FOO'])]);
  if (random.chance(50)) {
    const value = random.pick([
      'content-type',
      '*',
      '',
      'X-A, x-b',
      'a,,b',
      ' \t',
      'caf\xe9',
      'accept , accept-language',
    ]);
    headers.push([cased(random, 'access-control-request-headers'), value]);
    if (random.chance(15)) headers.push(['access-control-request-headers', 'second']);
  }
  if (random.chance(10)) headers.push(['access-control-request-private-network', 'true']);
  return random.shuffled(headers);
}

/** Headers that the contract says nothing about, or that only redirects look at. */
export function otherHeaders(random: Random): RequestHeader[] {
  const proto = (): RequestHeader => [
    'X-Forwarded-Proto',
    random.pick(['https', 'http', '', 'HTTPS', 'ws', ' https ', 'https, http', 'a b', 'caf\xe9', 'x/y']),
  ];
  const header = (): RequestHeader =>
    random.weighted<RequestHeader>(
      [40, proto],
      [10, () => ['X-Forwarded-Host', 'evil.test']],
      [5, () => ['X-Forwarded-For', random.pick(['1.2.3.4', '', '1.2.3.4, 5.6.7.8', 'unknown'])]],
      [5, () => ['X-Forwarded-Port', '8443']],
      [5, () => ['X-Forwarded-Prefix', '/p']],
      [5, () => ['Forwarded', 'proto=https;host=evil.test']],
      [10, () => ['Accept', random.pick(['text/html', '*/*', 'application/xml', ''])]],
      [5, () => ['Accept-Encoding', random.pick(['gzip', 'br, gzip', 'identity;q=0', '*'])]],
      [5, () => ['X-HTTP-Method-Override', random.pick(['DELETE', 'PUT'])]],
      [5, () => ['Authorization', random.pick(['Bearer x', 'Basic eDp5', ''])]],
      [5, () => ['If-None-Match', random.pick(['*', '"x"'])]],
      [5, () => ['Range', 'bytes=0-3']],
      [5, () => [`X-${random.digits(3)}`, random.pick(['', '\xe9', 'a: b', '"', 'long'.repeat(random.int(1, 200))])]],
    );
  return random.many(random.weighted([6, () => 1], [3, () => 2], [1, () => random.int(3, 6)]), header);
}

/** Values of a Host header; redirects repeat it. */
export function host(random: Random): RequestHeader {
  return [cased(random, 'host'), random.pick(['api.test', 'API.test:8080', 'localhost', '127.0.0.1', '[::1]:80', '', 'a b', 'h"x', 'user@h', 'h/p', 'h?q', 'h#f', 'caf\xe9', '%41', 'a\\b', 'h:x'])]; // prettier-ignore
}

function cased(random: Random, name: string): string {
  return random.pick([name, name, name.toUpperCase(), name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())]);
}
