import { differences } from './compare';
import type { Exchange, HeaderPair, RecordedRequest } from './exchange';
import type { RawResponse } from './raw-response';

const REQUEST: RecordedRequest = { method: 'GET', target: '/api/collections', headers: [], body: null };

function exchange(response: Partial<Exchange['response']>, request: Partial<RecordedRequest> = {}): Exchange {
  const recorded = {
    status: 200,
    headers: [['content-type', 'application/json']] as HeaderPair[],
    body: '[]',
    ...response,
  };
  return { seq: 'a/b', n: 1, request: { ...REQUEST, ...request }, response: recorded };
}

function answer(body: string, headers: HeaderPair[] = [], status = 200): RawResponse {
  const bytes = Buffer.from(body, 'latin1');
  const usual: HeaderPair[] = [
    ['Date', 'now'],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(bytes.length)],
    ['Connection', 'close'],
  ];
  return { status, headers: [...usual, ...headers], body: bytes, complete: true };
}

describe('differences', () => {
  it('finds none in the same answer, whatever the case of names, the date and the connection', () => {
    expect(differences(exchange({}), answer('[]'))).toEqual([]);
  });

  it('names the first differing byte', () => {
    expect(differences(exchange({ body: '[1]' }), answer('[2]'))).toEqual([
      { aspect: 'body', expected: '[1]', got: '[2]', at: 1 },
    ]);
    expect(differences(exchange({ body: '[1]' }), answer('[1]\n'))[0]).toMatchObject({ aspect: 'body', at: 3 });
  });

  it('compares bytes, not characters', () => {
    expect(differences(exchange({ body: 'é' }), answer('\u00c3\u00a9'))).toEqual([]);
    expect(differences(exchange({ body: 'é' }), answer('\u00e9'))).toHaveLength(1);
    expect(differences(exchange({ body: undefined, body_b64: '/w==' }), answer('\u00ff'))).toEqual([]);
  });

  it('notices a wrong status', () => {
    expect(differences(exchange({}), answer('[]', [], 201))).toEqual([
      { aspect: 'status', expected: '200', got: '201' },
    ]);
  });

  it('notices an extra, a missing and a repeated header', () => {
    const absent = '(absent)';
    expect(differences(exchange({}), answer('[]', [['ETag', '"1"']]))).toEqual([
      { aspect: 'header', header: 'etag', expected: absent, got: '"\\"1\\""' },
    ]);
    expect(
      differences(exchange({ headers: [...exchange({}).response.headers, ['vary', 'Origin']] }), answer('[]')),
    ).toEqual([{ aspect: 'header', header: 'vary', expected: '"Origin"', got: absent }]);
    const repeated = answer('[]', [['content-type', 'application/json']]);
    expect(differences(exchange({}), repeated)).toMatchObject([{ header: 'content-type' }]);
  });

  it('keeps the order of repeated headers', () => {
    const headers: HeaderPair[] = [
      ['vary', 'a'],
      ['vary', 'b'],
    ];
    const recorded = exchange({ headers: [['content-type', 'application/json'], ...headers] });
    expect(differences(recorded, answer('[]', headers))).toEqual([]);
    expect(differences(recorded, answer('[]', headers.toReversed()))).toHaveLength(1);
  });

  it('takes the methods of allow in any order', () => {
    const recorded = exchange({
      headers: [
        ['content-type', 'application/json'],
        ['allow', 'GET, HEAD'],
      ],
    });
    expect(differences(recorded, answer('[]', [['Allow', 'HEAD, GET']]))).toEqual([]);
    expect(differences(recorded, answer('[]', [['Allow', 'GET']]))).toHaveLength(1);
  });

  it('demands one true content-length', () => {
    const without = answer('[]');
    without.headers = without.headers.filter(([name]) => name !== 'Content-Length');
    expect(differences(exchange({}), without)).toMatchObject([{ aspect: 'content-length', got: '(absent)' }]);
    expect(differences(exchange({}), answer('[]', [['content-length', '2']]))).toMatchObject([
      { aspect: 'content-length', got: '"2" and "2"' },
    ]);
    const longer = { ...answer('[]'), body: Buffer.from('[]x') };
    expect(differences(exchange({ body: '[]x' }), longer)).toMatchObject([{ aspect: 'content-length', got: '"2"' }]);
  });

  it('compares the content-length of HEAD with the recorded one', () => {
    const recorded = exchange({ headers: [['content-length', '31']], body: '' }, { method: 'HEAD' });
    const head = (length: string): RawResponse => ({ ...answer(''), headers: [['content-length', length]] });
    expect(differences(recorded, head('31'))).toEqual([]);
    expect(differences(recorded, head('30'))).toMatchObject([{ aspect: 'content-length' }]);
  });

  it('leaves the contents of pages and static files alone, but not their headers', () => {
    const page = exchange({ body: undefined, body_masked: true }, { target: '/docs' });
    expect(differences(page, answer('anything'))).toEqual([]);
    expect(differences(page, answer('anything', [['etag', '1']]))).toHaveLength(1);
    const file = exchange({ body: undefined, body_masked: true }, { target: '/static/js/app.js' });
    const validators: HeaderPair[] = [
      ['etag', '1'],
      ['last-modified', 'x'],
    ];
    expect(differences(file, answer('anything', validators))).toEqual([]);
    expect(differences(file, answer('anything', [['cache-control', 'x']]))).toHaveLength(1);
  });

  it('says when an answer was cut off', () => {
    expect(differences(exchange({}), { ...answer('[]'), complete: false })).toMatchObject([{ aspect: 'answer' }]);
  });
});

describe('the timestamp of /health', () => {
  const recorded = exchange({ body: '{"status":"healthy","timestamp":"@TIMESTAMP@"}' }, { target: '/health' });
  const health = (timestamp: string): RawResponse => answer(`{"status":"healthy","timestamp":"${timestamp}"}`);

  it.each(['2024-01-15T10:30:00.123456', '2024-02-29T23:59:59'])('may be %s', (timestamp) => {
    expect(differences(recorded, health(timestamp))).toEqual([]);
  });

  it.each([
    '2024-01-15T10:30:00.123',
    '2024-01-15T10:30:00.000000',
    '2024-01-15T10:30:00.123456Z',
    '2024-01-15 10:30:00.123456',
    '2023-02-29T10:30:00.123456',
    '2024-13-01T10:30:00.123456',
    '@TIMESTAMP@',
    '',
  ])('may not be %s', (timestamp) => {
    expect(differences(recorded, health(timestamp))).toMatchObject([{ aspect: 'timestamp' }]);
  });

  it('is all that may differ', () => {
    const got = answer('{"status":"Healthy","timestamp":"2024-01-15T10:30:00.123456"}');
    expect(differences(recorded, got)).toMatchObject([{ aspect: 'body', at: 11 }]);
  });
});
