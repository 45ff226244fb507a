import { answer, crash, pair, refusal, request } from '../../../../test/cutover/answers';
import { DIVERGENCES } from '../../../divergences';
import type { RecordedRequest } from '../../../recordings/exchange';
import type { RawResponse } from '../../../recordings/raw-response';
import { comparePair } from '../compare-pair';
import { reviewedRules } from './reviewed-rules';

const RULES = reviewedRules({ untyped: true, mappings: [{ field: 'unit', from: 'bags', to: 'kg' }] });

type Exchange = readonly [asked: RecordedRequest, blue: RawResponse, green: RawResponse];

/** What a rule excuses, and what is so close to it that it would be a pity to excuse it as well. */
interface BothWays {
  readonly excused: Exchange;
  readonly nearMiss: Exchange;
}

const post = (body: string) => request('POST', '/api/collections', body);
const get = (path: string) => request('GET', path);
const LIST = get('/api/collections');
const enumError = (field: string) => `{"type":"enum","loc":["body","${field}"],"msg":"m","input":"x"}`;
const finite = (field: string) => `{"type":"finite_number","loc":["body","${field}"],"msg":"m","input":null}`;
const unicode = (field: string) => `{"type":"string_unicode","loc":["body","${field}"],"msg":"m","input":"x"}`;
const missing = (input: string) =>
  `{"type":"missing","loc":["body","unit"],"msg":"Field required","input":${input},"url":"u"}`;
const yearZero = (year: number) =>
  refusal(`{"type":"datetime_parsing","loc":["body","collected_date"],"ctx":{"error":"year ${year} is out of range"}}`);
const json = (detail: string) => `{"detail":"${detail}"}`;
const withRetryAfter = (seconds: number) =>
  answer(503, json('Service Unavailable'), [
    ['content-type', 'application/json'],
    ['retry-after', String(seconds)],
  ]);
const nested = (levels: number) => post('['.repeat(levels) + ']'.repeat(levels));
const bytes = (hex: string): RecordedRequest => ({
  ...post(''),
  body: null,
  body_b64: Buffer.from(hex, 'hex').toString('base64'),
});
const upgrade = (...names: string[]): RecordedRequest => ({ ...LIST, headers: names.map((name) => [name, 'x']) });
const document = (properties: object) =>
  answer(200, JSON.stringify({ components: { schemas: { A: { properties } } } }));
const UNKNOWN = 'The outcome of this write is unknown: read before you send it again';
// Each missing field repeats the whole body.
const LONG = JSON.stringify({ a: 'é}"'.repeat(400_000) });
const SHORT = JSON.stringify({ a: 'x'.repeat(900) });
const repeated = (first: string, second: string) => refusal(missing(first), missing(second));

const CASES: Readonly<Record<string, BothWays>> = {
  'enum-refusal': {
    excused: [post('{}'), answer(200, '{"id":1}'), refusal(enumError('unit'))],
    nearMiss: [post('{}'), answer(200, '{"id":1}'), refusal(enumError('location'))],
  },
  'openapi-enums': {
    excused: [get('/openapi.json'), document({ unit: 1, a: 1 }), document({ unit: 2, a: 1 })],
    nearMiss: [get('/openapi.json'), document({ unit: 1, a: 1 }), document({ unit: 2, a: 2 })],
  },
  'mapped-values': {
    excused: [LIST, answer(200, '[{"id":1,"unit":"bags"}]'), answer(200, '[{"id":1,"unit":"kg"}]')],
    nearMiss: [LIST, answer(200, '[{"id":1,"unit":"bags"}]'), answer(200, '[{"id":1,"unit":"tons"}]')],
  },
  'non-finite-quantity': {
    excused: [post('{"quantity":NaN}'), crash(), refusal(finite('quantity'))],
    nearMiss: [post('{"quantity":NaN}'), answer(200, '{"id":1}'), refusal(finite('quantity'))],
  },
  'half-surrogate': {
    excused: [post('{"zone":"\\ud800"}'), crash(), refusal(unicode('zone'))],
    nearMiss: [post('{"zone":"\\ud800"}'), answer(200, '{"id":1}'), refusal(unicode('zone'))],
  },
  'non-finite-echo': {
    excused: [post('{"location":NaN}'), crash(), refusal(missing('null'))],
    nearMiss: [post('{"location":1}'), crash(), refusal(missing('null'))],
  },
  'half-surrogate-echo': {
    excused: [post('{"a":"\\ud800"}'), crash(), refusal(missing('null'))],
    nearMiss: [post('{"a":"\\ud83d\\ude00"}'), crash(), refusal(missing('null'))],
  },
  'undecodable-text': {
    excused: [bytes('61ff62'), crash(), refusal(missing('null'))],
    nearMiss: [bytes('61c3bc62'), crash(), refusal(missing('null'))],
  },
  'year-zero': { excused: [post('{}'), crash(), yearZero(0)], nearMiss: [post('{}'), crash(), yearZero(10_000)] },
  'overflowing-sum': {
    excused: [get('/api/analytics'), crash(), answer(200, '{"waste_by_type":{"paper":null}}')],
    nearMiss: [
      get('/api/analytics'),
      answer(200, '{"waste_by_type":{"paper":1}}'),
      answer(200, '{"waste_by_type":{"paper":null}}'),
    ],
  },
  'deepest-nesting': {
    excused: [nested(967), answer(400, json('There was an error parsing the body')), refusal(missing('null'))],
    nearMiss: [nested(965), answer(400, json('There was an error parsing the body')), refusal(missing('null'))],
  },
  'nul-in-file-name': {
    excused: [get('/static/a%00b'), crash(), answer(404, json('Not Found'))],
    nearMiss: [get('/static/ab'), crash(), answer(404, json('Not Found'))],
  },
  'poisoned-list': {
    excused: [LIST, crash(), answer(200, '[]')],
    nearMiss: [LIST, answer(500, 'Internal Server Error '), answer(200, '[]')],
  },
  'repeated-input': {
    excused: [post(LONG), repeated(LONG, SHORT), repeated('null', SHORT)],
    nearMiss: [post(LONG), repeated(LONG, SHORT), repeated('null', 'null')],
  },
  'own-pages': {
    excused: [get('/static/docs/a.js'), answer(404, '{}'), answer(200, 'x')],
    nearMiss: [get('/static/js/a.js'), answer(404, '{}'), answer(200, 'x')],
  },
  'database-away': {
    excused: [LIST, answer(200, '[]'), withRetryAfter(2)],
    nearMiss: [LIST, answer(200, '[]'), withRetryAfter(3)],
  },
  'unknown-outcome': {
    excused: [post('{}'), answer(200, '{"id":1}'), answer(504, json(UNKNOWN))],
    nearMiss: [LIST, answer(200, '[]'), answer(504, json(UNKNOWN))],
  },
  'body-limit': {
    excused: [post('{}'), answer(200, '{"id":1}'), answer(413, json('Request Entity Too Large'))],
    nearMiss: [LIST, answer(200, '[]'), answer(413, json('Request Entity Too Large'))],
  },
  'head-limit': {
    excused: [LIST, answer(200, '[]'), answer(431, json('Request Header Fields Too Large'))],
    nearMiss: [LIST, answer(200, '[]'), answer(431, json('Too Large'))],
  },
  'request-timeout': {
    excused: [LIST, answer(200, '[]'), answer(408, json('Request Timeout'))],
    nearMiss: [LIST, answer(200, '[]'), answer(408, json('Timeout'))],
  },
  'upgrade-ignored': {
    excused: [upgrade('upgrade'), answer(403, ''), answer(200, '[]')],
    nearMiss: [upgrade('upgrades'), answer(403, ''), answer(200, '[]')],
  },
};

/** Points that need no rule, and why not. */
const WITHOUT_RULE: Readonly<Record<string, string>> = {
  restart: 'an old server that has lost its rows is no follower any more: nothing is compared with it',
  'chunk-extension': 'the gateway frames bodies anew',
  'tab-in-header': 'the old server gives no answer, and so there is no pair',
  'unread-list': 'no client of a side reads slowly but the gateway, which reads',
  'header-white-space': 'the gateway’s parser drops it for both sides',
  trailers: 'the gateway frames bodies anew',
  'half-close': 'a connection of the client’s, which neither side sees',
  'unread-answer': 'no client of a side reads slowly but the gateway, which reads',
  'malformed-behind-many': 'the gateway answers malformed bytes itself',
  'values-limit': 'the same bytes as those of body-limit, whose rule names it',
  'no-room': 'the same bytes as those of unavailable, whose rule names it',
  'database-rule': 'a trigger that nobody has reviewed keeps green from what blue does: that is what gates are for',
};

function verdict([asked, blue, green]: Exchange): string {
  const outcome = comparePair(pair(asked, blue, green), RULES);
  return outcome.kind === 'explained' ? outcome.rule.name : outcome.kind;
}

test('every rule is shown both ways', () => {
  expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ name }) => name).sort());
});

test.each(Object.keys(CASES))('%s excuses what it should, and no near miss', (name) => {
  const { excused, nearMiss } = CASES[name]!;
  expect([verdict(excused), verdict(nearMiss)]).toEqual([name, 'unexplained']);
});

test('every point of the divergences has a rule, or a reason why it needs none', () => {
  const points = new Set(RULES.map(({ point }) => point));
  const lacking = DIVERGENCES.filter(({ point, name }) => !points.has(point) && !(name in WITHOUT_RULE));
  expect(lacking).toEqual([]);
  expect(DIVERGENCES.filter(({ point, name }) => points.has(point) && name in WITHOUT_RULE)).toEqual([]);
});

test('a change that a rule of the database refuses is a difference', () => {
  const refused = answer(403, json('The database refuses this change: nothing was changed'));
  expect(verdict([post('{}'), answer(200, '{"id":1}'), refused])).toBe('unexplained');
});
