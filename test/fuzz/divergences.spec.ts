import type { RecordedRequest } from '../../src/recordings/exchange';
import { type Answered, ruleOf } from './divergences';
import type { Outcome } from './side';

const outcome = (status: number, body = ''): Outcome => ({
  status,
  headers: [],
  body: Buffer.from(body),
  complete: true,
});

function post(body: string, target = '/api/collections'): RecordedRequest {
  return { method: 'POST', target, headers: [['content-type', 'application/json']], body };
}

function excuse(request: RecordedRequest, left: Outcome, right: Outcome, before: Answered[] = []): string | undefined {
  return ruleOf({ request, left, right }, before)?.name;
}

describe('divergences', () => {
  const crash = outcome(500, 'Internal Server Error');
  const refused = outcome(422);

  it.each([
    ['non-finite-number', '{"quantity":NaN}'],
    ['non-finite-number', '{"quantity":1e400}'],
    ['non-finite-number', '{"quantity":"-Infinity"}'],
    ['non-finite-number', `{"quantity":"1${'0'.repeat(310)}"}`],
    ['non-finite-number', '{"quantity":"i_nf"}'],
    ['non-finite-echo', '{"id":-Infinity}'],
    ['non-finite-echo', '[1,[NaN]]'],
    ['non-finite-echo', '{"extra":{"a":1e999}}'],
    ['half-surrogate', '{"location":"a\\ud800"}'],
    ['half-surrogate-echo', '{"unit":"\\udc00"}'],
    ['half-surrogate-echo', '{"\\ud83d":1}'],
    ['year-zero', '{"collected_date":"0000-01-01T00:00:00"}'],
    ['deepest-nesting', '['.repeat(967) + ']'.repeat(967)],
    ['deepest-nesting', '{"a":'.repeat(968) + '1' + '}'.repeat(968)],
  ])('%s is recognised in %.40s', (rule, body) => {
    expect(excuse(post(body), crash, refused)).toBe(rule);
  });

  it.each([
    ['a proper pair of surrogates', '{"location":"\\ud83d\\ude00"}'],
    ['NaN inside a string', '{"location":"NaN 1e400","quantity":"NaN!"}'],
    ['an integer too long for a double, which Python keeps', `{"id":1${'0'.repeat(400)}}`],
    ['a value that a later duplicate replaces', '{"quantity":NaN,"quantity":1}'],
    ['the text of an infinity where no number is meant', '{"location":"Infinity"}'],
    ['966 levels', '['.repeat(966) + ']'.repeat(966)],
    ['the year 0001', '{"collected_date":"0001-01-01T00:00:00"}'],
  ])('nothing is excused for %s', (_, body) => {
    expect(excuse(post(body), crash, refused)).toBeUndefined();
  });

  it('excuses nothing that the old server answered normally', () => {
    expect(excuse(post('{"extra":NaN}'), outcome(200), refused)).toBeUndefined();
    expect(excuse(post('{"id":NaN}'), outcome(422), refused)).toBeUndefined();
  });

  it('excuses only the answer that the contract recommends', () => {
    expect(excuse(post('{"quantity":NaN}'), crash, outcome(200))).toBeUndefined();
    expect(excuse(post('{"quantity":NaN}'), crash, outcome(500))).toBeUndefined();
    expect(excuse(post('{"quantity":NaN}'), outcome(404), refused)).toBeUndefined();
    expect(excuse(post('{"quantity":NaN}'), outcome(404), outcome(422, '{"type":"finite_number"}'))).toBe(
      'non-finite-number',
    );
  });

  it('excuses no 400 to 967 or 968 levels, which the new server repeats', () => {
    expect(excuse(post('['.repeat(967) + ']'.repeat(967)), crash, outcome(400))).toBeUndefined();
  });

  it('knows that a cross-origin request can be nested one level less', () => {
    const request = post('['.repeat(966) + ']'.repeat(966));
    expect(excuse({ ...request, headers: [...request.headers, ['Origin', '']] }, crash, refused)).toBe(
      'deepest-nesting',
    );
  });

  it('reads UTF-16, UTF-32 and chunked bodies', () => {
    const wide = (encoding: BufferEncoding): string => Buffer.from('{"quantity":NaN}', encoding).toString('base64');
    const request = { method: 'POST', target: '/api/collections', headers: [], body_b64: wide('utf16le') };
    expect(excuse(request, crash, refused)).toBe('non-finite-number');
    const chunked = '6\r\n{"quan\r\nA\r\ntity":NaN}\r\n0\r\n\r\n';
    expect(excuse({ ...post(chunked), headers: [['transfer-encoding', 'chunked']] }, crash, refused)).toBe(
      'non-finite-number',
    );
  });

  it('knows a sum that overflows from the writes before it', () => {
    const stored = { request: post('{"quantity":1e308}'), left: outcome(200), right: outcome(200) };
    const sum = { method: 'GET', target: '/api/analytics', headers: [], body: null };
    expect(excuse(sum, crash, outcome(200), [stored, stored])).toBe('overflowing-sum');
    expect(excuse(sum, crash, outcome(200))).toBeUndefined();
  });

  it('knows names with U+0000', () => {
    const request = { method: 'GET', target: '/static/%00', headers: [], body: null };
    expect(excuse(request, crash, outcome(404))).toBe('nul-in-file-name');
  });

  it('excuses no 400 to a request without Host, which the old server answered', () => {
    const request: RecordedRequest = { method: 'GET', target: '/health', headers: [['host', null]], body: null };
    expect(excuse(request, outcome(200), outcome(400))).toBeUndefined();
  });
});
