import { answer, crash, pair, refusal, request } from '../../../test/cutover/answers';
import { comparePair, type PairOutcome } from './compare-pair';
import type { AnsweredPair } from './exchange-observer';
import { reviewedRules } from './rules/reviewed-rules';

const UNTYPED = reviewedRules({ untyped: true });
const GET = request('GET', '/api/collections');

/** `equal`, `unexplained`, or the name of the rule. */
function verdict(pairOfAnswers: AnsweredPair, rules = UNTYPED): string {
  const outcome: PairOutcome = comparePair(pairOfAnswers, rules);
  return outcome.kind === 'explained' ? outcome.rule.name : outcome.kind;
}

describe('equal are', () => {
  test('the same bytes, whatever the connection says about itself', () => {
    const blue = answer(200, '[]', [
      ['date', 'Mon'],
      ['server', 'uvicorn'],
      ['content-type', 'application/json'],
    ]);
    expect(verdict(pair(GET, blue, answer(200, '[]')))).toBe('equal');
  });

  test('the health of two moments', () => {
    const health = (time: string) => answer(200, `{"status":"healthy","timestamp":"${time}"}`);
    const [earlier, later] = [health('2024-01-15T10:30:00.123456'), health('2024-01-15T10:30:00.223456')];
    expect(verdict(pair(request('GET', '/health'), earlier, later))).toBe('equal');
  });

  test('two pages, and two answers 304, which have neither body nor length', () => {
    const page = (body: string) => answer(200, body, [['content-type', 'text/html; charset=utf-8']]);
    expect(verdict(pair(request('GET', '/docs'), page('old'), page('new')))).toBe('equal');
    const notModified = { status: 304, headers: [], body: Buffer.alloc(0), complete: true };
    expect(verdict(pair(request('GET', '/static/js/app.js'), notModified, notModified))).toBe('equal');
  });
});

describe('unexplained is', () => {
  test.each([
    ['one byte of the body', answer(200, '[1]'), answer(200, '[2]')],
    ['the status', answer(200, '[]'), answer(500, '[]')],
    [
      'a header',
      answer(200, '[]'),
      answer(200, '[]', [
        ['content-type', 'application/json'],
        ['x-more', '1'],
      ]),
    ],
    ['an old answer that was cut off', { ...answer(200, '[1'), complete: false }, answer(200, '[1')],
    ['a new answer that was cut off', answer(200, '[1'), { ...answer(200, '[1'), complete: false }],
    ['an answer of the new side to what the old one crashes on for no known reason', crash(), answer(418, '')],
  ])('%s', (_name, blue, green) => {
    expect(verdict(pair(GET, blue, green))).toBe('unexplained');
  });

  test('a refusal that is cut off, although its status has a rule', () => {
    const green = { ...answer(503, '{"detail":"Service Unavailable"}'), complete: false };
    expect(verdict(pair(GET, answer(200, '[]'), green))).toBe('unexplained');
  });
});

const ENUM = '{"type":"enum","loc":["body","waste_type"],"msg":"m]}","input":"cardboard \\"}","ctx":{"expected":"x"}}';
const MISSING = '{"type":"missing","loc":["body","unit"],"msg":"Field required","input":{"a":[{"b":"]"}]}}';
const FINITE = '{"type":"finite_number","loc":["body","quantity"],"msg":"m","input":null,"url":"u"}';
const POST = request('POST', '/api/collections', '{}');
const PUT = request('PUT', '/api/collections/1', '{}');
const NOT_FOUND = answer(404, '{"detail":"Collection not found"}');

describe('a refusal of a word that is not in the enumeration', () => {
  test.each([
    ['of what blue stores', POST, answer(200, '{"id":1}'), refusal(ENUM)],
    ['beside another error, which blue answers alone', POST, refusal(MISSING), refusal(ENUM, MISSING)],
    ['of a record that does not exist', PUT, NOT_FOUND, refusal(ENUM)],
  ])('%s', (_name, asked, blue, green) => {
    expect(verdict(pair(asked, blue, green))).toBe('enum-refusal');
    expect(verdict(pair(asked, blue, green), reviewedRules({ untyped: false }))).toBe('unexplained');
  });

  test.each([
    ['the other error is another one', refusal(MISSING.replace('unit', 'status')), refusal(ENUM, MISSING)],
    ['blue crashed', crash(), refusal(ENUM)],
    ['there is no such error', answer(200, '{"id":1}'), refusal(MISSING)],
    ['the list is no list', answer(200, '{"id":1}'), answer(422, `{"detail":[${ENUM}`)],
    ['a header differs', answer(200, '{"id":1}', [['content-type', 'text/plain']]), refusal(ENUM)],
  ])('explains nothing if %s', (_name, blue, green) => {
    expect(verdict(pair(POST, blue, green))).toBe('unexplained');
  });

  test('beside a number that is not finite belongs to that number, which blue crashes on', () => {
    expect(verdict(pair(POST, crash(), refusal(ENUM, FINITE)))).toBe('non-finite-quantity');
  });
});

test('the document of the typed side is explained only by its enumerations', () => {
  const asked = request('GET', '/openapi.json');
  const document = (schemas: object, title = 'API') =>
    answer(200, JSON.stringify({ info: { title }, components: { schemas } }));
  const blue = document({ Collection: { properties: { location: {}, unit: { type: 'string' } } } });
  const typed = { Collection: { properties: { location: {}, unit: { $ref: '#' } } }, Unit: { enum: ['kg'] } };
  expect(verdict(pair(asked, blue, document(typed)))).toBe('openapi-enums');
  expect(verdict(pair(asked, blue, document(typed, 'Another')))).toBe('unexplained');
  expect(verdict(pair(asked, blue, document({ ...typed, More: {} })))).toBe('unexplained');
  expect(verdict(pair(asked, blue, answer(200, 'no document')))).toBe('unexplained');
});

describe('values that the import replaced', () => {
  const rules = reviewedRules({ untyped: true, mappings: [{ field: 'waste_type', from: 'card"board', to: 'paper' }] });
  const record = (type: string, id = 1) => `{"id":${id},"location":"waste_type","waste_type":${JSON.stringify(type)}}`;
  const sums = (byType: object) =>
    JSON.stringify({ total_collections: 2, pending_collections: 1, completed_collections: 1, waste_by_type: byType });

  test.each([
    ['/api/collections', `[${record('card"board')}]`, `[${record('paper')}]`],
    ['/api/collections/1', record('card"board'), record('paper')],
    ['/api/analytics', sums({ 'card"board': 0.1, paper: 0.2 }), sums({ paper: 0.30000000000000004 })],
  ])('are looked through in %s', (target, blue, green) => {
    const answers = pair(request('GET', target), answer(200, blue), answer(200, green));
    expect(verdict(answers, rules)).toBe('mapped-values');
    expect(verdict(answers)).toBe('unexplained');
  });

  test.each([
    ['/api/collections', `[${record('card"board')}]`, `[${record('paper', 2)}]`],
    ['/api/collections', `[${record('card"board')}]`, `[${record('glass')}]`],
    ['/api/analytics', sums({ 'card"board': 1, paper: 1 }), sums({ paper: 3 })],
    ['/api/analytics', sums({ 'card"board': 1, glass: 1 }), sums({ paper: 1, glass: 1.0000000001 })],
    ['/api/analytics', sums({ 'card"board': 1 }), sums({ paper: 1, glass: 0 })],
  ])('do not hide another difference in %s', (target, blue, green) => {
    expect(verdict(pair(request('GET', target), answer(200, blue), answer(200, green)), rules)).toBe('unexplained');
  });
});

test.each([
  ['own-pages', request('GET', '/static/favicon.svg'), answer(404, '{"detail":"Not Found"}'), answer(200, '<svg/>')],
  ['own-pages', request('GET', '/static/js/app.js'), { ...answer(304, ''), headers: [] }, answer(200, 'new')],
  ['unexplained', GET, answer(200, '[]'), answer(503, '{"detail":"Service Unavailable"}')],
  ['body-limit', POST, answer(200, '{}'), answer(413, '{"detail":"Request Entity Too Large"}')],
  ['poisoned-list', GET, crash(), answer(200, '[]')],
  ['overflowing-sum', request('GET', '/api/analytics'), crash(), answer(200, '{"waste_by_type":{"paper":null}}')],
  ['unexplained', request('GET', '/static/js/app.js'), answer(404, ''), answer(200, 'new')],
])('%s', (name, asked, blue, green) => {
  expect(verdict(pair(asked, blue, green))).toBe(name);
});
