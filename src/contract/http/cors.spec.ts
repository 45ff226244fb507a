import { isPreflight, preflight, simpleCors } from './cors';
import { readHeaders } from './request-headers';

const headers = (...pairs: string[]) => readHeaders(pairs);

describe('simpleCors', () => {
  it('adds nothing without Origin', () => {
    expect(simpleCors(headers('Cookie', 'a=b'))).toEqual([]);
  });

  it('allows any origin, an empty one too', () => {
    const any = ['access-control-allow-origin', '*', 'access-control-allow-credentials', 'true'];
    expect(simpleCors(headers('origin', 'http://a'))).toEqual(any);
    expect(simpleCors(headers('Origin', ''))).toEqual(any);
  });

  it('names the origin when there is a cookie, be it empty', () => {
    expect(simpleCors(headers('Origin', 'http://a', 'Cookie', ''))).toEqual([
      ...['access-control-allow-origin', 'http://a', 'access-control-allow-credentials', 'true', 'vary', 'Origin'],
    ]);
  });
});

describe('preflight', () => {
  it('is OPTIONS with Origin and Access-Control-Request-Method, and nothing else', () => {
    const both = headers('Origin', 'x', 'Access-Control-Request-Method', '');
    expect(isPreflight('OPTIONS', both)).toBe(true);
    expect(isPreflight('GET', both)).toBe(false);
    expect(isPreflight('OPTIONS', headers('Origin', 'x'))).toBe(false);
    expect(isPreflight('OPTIONS', headers('Access-Control-Request-Method', 'GET'))).toBe(false);
  });

  it('echoes the origin and the wanted headers', () => {
    const {
      status,
      body,
      headers: answer,
    } = preflight(
      headers(
        'Origin',
        'http://a',
        'Access-Control-Request-Method',
        'PUT',
        'Access-Control-Request-Headers',
        'x-a, X-B',
      ),
    );
    expect([status, body]).toEqual([200, 'OK']);
    expect(answer).toEqual([
      ...['vary', 'Origin'],
      ...['access-control-allow-methods', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'],
      ...['access-control-max-age', '600', 'access-control-allow-credentials', 'true'],
      ...['access-control-allow-origin', 'http://a', 'access-control-allow-headers', 'x-a, X-B'],
    ]);
  });

  it('refuses a method that is not spelled as one of the seven', () => {
    for (const method of ['get', 'TRACE', ' GET', 'GET, PUT', '']) {
      const { status, body } = preflight(headers('Origin', 'x', 'Access-Control-Request-Method', method));
      expect([status, body]).toEqual([400, 'Disallowed CORS method']);
    }
  });
});

describe('readHeaders', () => {
  it('takes the first of repeated headers, but the last X-Forwarded-Proto', () => {
    const read = headers('ORIGIN', 'a', 'Origin', 'b', 'Host', 'c', 'HOST', 'd', 'cookie', '', 'Cookie', 'e',
      'content-type', 'f', 'Content-Type', 'g', 'X-Forwarded-Proto', 'h', 'x-forwarded-proto', 'i'); // prettier-ignore
    expect(read).toMatchObject({ origin: 'a', host: 'c', cookie: '', contentType: 'f', forwardedProto: 'i' });
  });

  it('is null for what is absent, and takes no header for another of the same length', () => {
    const nothing = headers('Date', 'x', 'Accept', 'x', 'Expect', 'x', 'X-Of-Length-', 'x');
    expect(new Set(Object.values(nothing))).toEqual(new Set([null]));
  });
});
