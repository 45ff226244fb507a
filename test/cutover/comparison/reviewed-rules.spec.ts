import { comparePair } from '../../../src/cutover/comparison/compare-pair';
import { reviewedRules } from '../../../src/cutover/comparison/rules/reviewed-rules';
import type { RecordedRequest } from '../../../src/recordings/exchange';
import { parseTarget, sendRaw } from '../../../src/recordings/raw-http';
import { describeWithReference } from '../../reference/describe-with-reference';
import { startReference, type Reference } from '../../../harness/reference';
import { useCluster } from '../../support/clusters';
import { aCollection } from '../../../harness/samples';
import { ServerProcess } from '../../../harness/server-process';
import { request } from '../answers';

// The rules against the real servers: the deployed, untyped old one and the new one.

const RULES = reviewedRules({ untyped: true });
const COLLECTIONS = '/api/collections';

const collection = (changes: Record<string, unknown> = {}): string => JSON.stringify(aCollection(changes));
/** A body with text that JSON.stringify would not write. */
const literal = (field: string, text: string): string => collection({ [field]: '@' }).replace('"@"', () => text);
const nested = (levels: number): string => literal('location', '['.repeat(levels) + ']'.repeat(levels));
const bytes = (asked: RecordedRequest, hex: string): RecordedRequest => ({
  ...asked,
  body: null,
  headers: [['content-type', 'text/plain']],
  body_b64: Buffer.from(hex, 'hex').toString('base64'),
});
const post = (body: string): RecordedRequest => request('POST', COLLECTIONS, body);

// In this order: each poisons or changes what the old side holds as little as possible.
const EXCHANGES: readonly [rule: string, request: RecordedRequest][] = [
  ['equal', post(collection())],
  ['equal', request('GET', COLLECTIONS)],
  ['equal', request('GET', '/health')],
  ['equal', request('GET', '/docs')],
  ['equal', request('HEAD', '/docs')],
  ['openapi-enums', request('GET', '/openapi.json')],
  ['openapi-enums', request('HEAD', '/openapi.json')],
  ['own-pages', request('GET', '/static/favicon.svg')],
  ['enum-refusal', request('PUT', `${COLLECTIONS}/77`, collection({ waste_type: 'cardboard' }))],
  ['enum-refusal', post(collection({ waste_type: 'cardboard', quantity: 'many', unit: 'bags' }))],
  ['equal', post(collection({ quantity: 'many' }))],
  ['equal', post(collection({ waste_type: 1 }))],
  ['non-finite-echo', post(literal('location', 'NaN'))],
  ['half-surrogate-echo', post(literal('quantity', '"\\ud800"'))],
  ['undecodable-text', bytes(post(''), '61ff62')],
  ['year-zero', post(collection({ collected_date: '0000-12-31T00:00:00' }))],
  ['nul-in-file-name', request('GET', '/static/%00')],
  ['non-finite-quantity', request('PUT', `${COLLECTIONS}/77`, literal('quantity', 'Infinity'))],
  ['half-surrogate', request('PUT', `${COLLECTIONS}/77`, literal('location', '"\\udfff"'))],
  ['equal', post(nested(900))],
  ['equal', post(nested(1500))],
  // From here on the old side holds what the new one refused.
  ['enum-refusal', post(collection({ status: 'done' }))],
  ['unexplained', request('GET', COLLECTIONS)],
  ['non-finite-quantity', post(literal('quantity', '1e400'))],
  ['poisoned-list', request('GET', COLLECTIONS)],
  ['poisoned-list', request('GET', '/api/analytics')],
  ['poisoned-list', request('GET', `${COLLECTIONS}/3`)],
];

describeWithReference('the reviewed rules', () => {
  const cluster = useCluster();

  describe('', () => {
    let reference: Reference;
    let server: ServerProcess;

    beforeAll(async () => {
      const databaseUrl = await cluster().createDatabase();
      [reference, server] = await Promise.all([
        startReference({ untyped: true }),
        ServerProcess.start({ DATABASE_URL: databaseUrl }),
      ]);
    });

    afterAll(() => Promise.all([reference.stop(), server.stop()]));

    test('name what the real servers answer differently, and nothing else', async () => {
      const [blueSide, greenSide] = [parseTarget(reference.url), parseTarget(server.url)];
      const found: string[] = [];
      for (const [, asked] of EXCHANGES) {
        const [blue, green] = await Promise.all([sendRaw(blueSide, asked), sendRaw(greenSide, asked)]);
        const outcome = comparePair({ route: asked.target, request: asked, blue, green }, RULES);
        const name = outcome.kind === 'explained' ? outcome.rule.name : outcome.kind;
        found.push(`${asked.method} ${asked.target} ${blue.status}/${green.status} ${name}`);
      }
      const expected = EXCHANGES.map(([rule], index) => found[index]!.replace(/\S+$/, rule));
      expect(found).toEqual(expected);
    });
  });
});
