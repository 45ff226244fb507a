import type { RecordedRequest } from '../../src/recordings/exchange';
import { type Answered, divergenceOf } from './divergences';
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

function ruleOf(request: RecordedRequest, left: Outcome, right: Outcome, before: Answered[] = []): number | undefined {
  return divergenceOf({ request, left, right }, before)?.rule;
}

describe('divergences', () => {
  const crash = outcome(500, 'Internal Server Error');
  const refused = outcome(422);

  it.each([
    [1, '{"quantity":NaN}'],
    [1, '{"quantity":1e400}'],
    [1, '{"quantity":"-Infinity"}'],
    [1, `{"quantity":"1${'0'.repeat(310)}"}`],
    [1, '{"quantity":"i_nf"}'],
    [2, '{"id":-Infinity}'],
    [2, '[1,[NaN]]'],
    [2, '{"extra":{"a":1e999}}'],
    [3, '{"location":"a\\ud800"}'],
    [4, '{"unit":"\\udc00"}'],
    [4, '{"\\ud83d":1}'],
    [6, '{"collected_date":"0000-01-01T00:00:00"}'],
    [8, '['.repeat(967) + ']'.repeat(967)],
    [8, '{"a":'.repeat(968) + '1' + '}'.repeat(968)],
  ])('rule %i is recognised in %.40s', (rule, body) => {
    expect(ruleOf(post(body), crash, refused)).toBe(rule);
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
    expect(ruleOf(post(body), crash, refused)).toBeUndefined();
  });

  it('excuses nothing that the old server answered normally', () => {
    expect(ruleOf(post('{"extra":NaN}'), outcome(200), refused)).toBeUndefined();
    expect(ruleOf(post('{"id":NaN}'), outcome(422), refused)).toBeUndefined();
  });

  it('excuses only the answer that the contract recommends', () => {
    expect(ruleOf(post('{"quantity":NaN}'), crash, outcome(200))).toBeUndefined();
    expect(ruleOf(post('{"quantity":NaN}'), crash, outcome(500))).toBeUndefined();
    expect(ruleOf(post('{"quantity":NaN}'), outcome(404), refused)).toBeUndefined();
    expect(ruleOf(post('{"quantity":NaN}'), outcome(404), outcome(422, '{"type":"finite_number"}'))).toBe(1);
  });

  it('knows that a cross-origin request can be nested one level less', () => {
    const request = post('['.repeat(966) + ']'.repeat(966));
    expect(ruleOf({ ...request, headers: [...request.headers, ['Origin', '']] }, crash, refused)).toBe(8);
  });

  it('reads UTF-16, UTF-32 and chunked bodies', () => {
    const wide = (encoding: BufferEncoding): string => Buffer.from('{"quantity":NaN}', encoding).toString('base64');
    const request = { method: 'POST', target: '/api/collections', headers: [], body_b64: wide('utf16le') };
    expect(ruleOf(request, crash, refused)).toBe(1);
    const chunked = '6\r\n{"quan\r\nA\r\ntity":NaN}\r\n0\r\n\r\n';
    expect(ruleOf({ ...post(chunked), headers: [['transfer-encoding', 'chunked']] }, crash, refused)).toBe(1);
  });

  it('knows a sum that overflows from the writes before it', () => {
    const stored = { request: post('{"quantity":1e308}'), left: outcome(200), right: outcome(200) };
    const sum = { method: 'GET', target: '/api/analytics', headers: [], body: null };
    expect(ruleOf(sum, crash, outcome(200), [stored, stored])).toBe(7);
    expect(ruleOf(sum, crash, outcome(200))).toBeUndefined();
  });

  it('knows requests without Host and names with U+0000', () => {
    const request = {
      method: 'GET',
      target: '/health',
      headers: [['host', null]],
      body: null,
    } satisfies RecordedRequest;
    expect(ruleOf(request, outcome(200), outcome(400))).toBe(9);
    expect(ruleOf({ ...request, headers: [], target: '/static/%00' }, crash, outcome(404))).toBe(16);
  });
});
