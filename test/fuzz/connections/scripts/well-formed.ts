import type { Random } from '../../random';
import type { Expected } from '../script';

/** A request and what it is to be answered. */
export interface KnownRequest {
  readonly text: string;
  readonly expected: Expected;
}

/** A body that the contract takes. Its location says where it is from, so that such rows can be removed. */
export const VALID_BODY =
  '{"location":"Fuzz","waste_type":"paper","quantity":1,"unit":"kg","collected_date":"2024-01-15T00:00:00"}';

/** Ids that no row has. */
const unknownId = (random: Random) => String(random.int(900_000_000, 999_999_999));

/** A well-formed request that ends neither its connection nor anybody's, with what tells its answer from others. */
export function knownRequest(random: Random, tag: string): KnownRequest {
  return random.weighted(
    [22, () => known(random, 'GET', `/api/collections/x${tag}`, { statuses: [422], holds: `x${tag}` })],
    [10, () => known(random, 'GET', `/api/collections/${unknownId(random)}`, { statuses: [404], holds: 'Collection not' })],
    [6, () => known(random, 'DELETE', `/api/collections/${unknownId(random)}`, { statuses: [404], holds: 'Collection not' })],
    [8, () => known(random, 'GET', `/nowhere/${tag}`, { statuses: [404], holds: 'Not Found' })],
    [6, () => known(random, 'GET', `/api/analytics/?${tag}`, { statuses: [307], holds: `?${tag}` })],
    [6, () => known(random, 'GET', '/health', { statuses: [200], holds: 'healthy' })],
    [4, () => known(random, 'GET', '/api/locations', { statuses: [200], holds: '[' })],
    [2, () => known(random, 'GET', '/api/analytics', { statuses: [200], holds: 'total_collections' })],
    [4, () => known(random, 'PATCH', '/api/locations', { statuses: [405], holds: 'Method Not Allowed' })],
    [3, () => known(random, 'HEAD', '/api/collections', { statuses: [405], headOnly: true })],
    [3, () => known(random, 'HEAD', '/static/css/styles.css', { statuses: [200], headOnly: true })],
    [3, () => known(random, 'GET', '/static/css/styles.css', { statuses: [200] })],
    [1, () => known(random, 'GET', random.pick(['/docs', '/openapi.json', '/']), { statuses: [200] })],
    [3, () => preflight(random)],
    [12, () => withBody(random, 'POST', '/api/collections', `{"location":"x${tag}"}`, { statuses: [422], holds: `x${tag}` })],
    [3, () => withBody(random, 'PUT', `/api/collections/${unknownId(random)}`, VALID_BODY, { statuses: [404], holds: 'Collection not' })],
    [4, () => withBody(random, 'POST', '/api/collections', VALID_BODY.replace('Fuzz', `Fuzz ${tag}`), { statuses: [200], holds: `Fuzz ${tag}` })],
    [2, () => withBody(random, 'POST', '/api/locations', `[${'"y",'.repeat(random.int(1, 300))}"x${tag}"]`, { statuses: [422], holds: `x${tag}` })],
  ); // prettier-ignore
}

function known(random: Random, method: string, target: string, expected: Omit<Expected, 'line'>): KnownRequest {
  return {
    text: headText(random, method, target, ordinaryHeaders(random)),
    expected: { ...expected, line: `${method} ${target}` },
  };
}

function preflight(random: Random): KnownRequest {
  const headers = ['Origin: http://app.example', 'Access-Control-Request-Method: GET'];
  return {
    text: headText(random, 'OPTIONS', '/api/collections', headers),
    expected: { line: 'OPTIONS /api/collections', statuses: [200], holds: 'OK' },
  };
}

function withBody(
  random: Random,
  method: string,
  target: string,
  body: string,
  expected: Omit<Expected, 'line'>,
): KnownRequest {
  const headers = ['Content-Type: application/json', ...ordinaryHeaders(random)];
  if (random.chance(8)) headers.push('Expect: 100-continue');
  const chunked = random.chance(30);
  headers.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`);
  return {
    text: headText(random, method, target, headers) + (chunked ? chunks(random, body) : body),
    expected: { ...expected, line: `${method} ${target}` },
  };
}

/** The body in chunks, some of which have extensions, with trailers now and then. */
export function chunks(random: Random, body: string): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const size = random.weighted<number>([3, () => body.length], [2, () => random.int(1, 40)], [1, () => 1]);
    const piece = body.slice(at, at + size);
    at += piece.length;
    text += `${piece.length.toString(16)}${random.chance(10) ? ';a=b' : ''}\r\n${piece}\r\n`;
  }
  const trailers = random.chance(15) ? 'X-Trailer: 1\r\nOrigin: http://b\r\n' : '';
  return `${text}0\r\n${trailers}\r\n`;
}

function ordinaryHeaders(random: Random): string[] {
  const headers: string[] = [];
  if (random.chance(20)) headers.push('Origin: http://app.example');
  if (random.chance(10)) headers.push('Cookie: a=b');
  if (random.chance(10)) headers.push(`X-Pad: ${'y'.repeat(random.int(1, 2000))}`);
  if (random.chance(5)) headers.push('Connection: keep-alive');
  return headers;
}

function headText(random: Random, method: string, target: string, headers: readonly string[]): string {
  const spelled = random.chance(5) ? `http://api.example${target}` : target;
  const lines = [`${method} ${spelled} HTTP/1.1`, 'Host: api.example', ...headers];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The request with the header that ends its connection behind its answer. */
export function closing(request: KnownRequest): KnownRequest {
  return {
    ...request,
    text: request.text.replace('\r\n', '\r\nConnection: close\r\n').replace('\r\nConnection: keep-alive', ''),
  };
}
