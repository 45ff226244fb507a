import { redirectLocation } from './redirect';
import { readHeaders } from './request-headers';

function locationOf(path: string, { query = '', trusted = true, headers = ['Host', 'api.test'] } = {}): string {
  return redirectLocation(path, { path: `${path}/`, query }, readHeaders(headers), trusted, '127.0.0.1:8000');
}

it('names the host as sent, or the address of the server', () => {
  expect(locationOf('/health')).toBe('http://api.test/health');
  expect(locationOf('/health', { headers: ['Host', ''] })).toBe('http:///health');
  expect(locationOf('/health', { headers: [] })).toBe('http://127.0.0.1:8000/health');
});

it('encodes the decoded path again', () => {
  expect(locationOf('/api/collections/ ')).toBe('http://api.test/api/collections/%20');
  expect(locationOf('/api/collections/é🗑"<>\\^`{|}')).toBe(
    'http://api.test/api/collections/%C3%A9%F0%9F%97%91%22%3C%3E%5C%5E%60%7B%7C%7D',
  );
  const unchanged = "/api/collections/aZ09_.-~:%#?=@[]!$&'()*+,;";
  expect(locationOf(unchanged)).toBe(`http://api.test${unchanged}`);
});

it('keeps a query, and drops an empty one', () => {
  expect(locationOf('/health', { query: 'a=%20&b="' })).toBe('http://api.test/health?a=%20&b=%22');
});

it('believes the forwarded scheme of trusted peers, whatever it is', () => {
  const headers = (scheme: string) => ['Host', 'api.test', 'X-Forwarded-Proto', scheme];
  expect(locationOf('/health', { headers: headers(' https\t') })).toBe('https://api.test/health');
  expect(locationOf('/health', { headers: headers('') })).toBe('://api.test/health');
  expect(locationOf('/health', { headers: headers('https'), trusted: false })).toBe('http://api.test/health');
});
