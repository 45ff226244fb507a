import { randomInt } from 'node:crypto';
import { GatewayProcess } from '../../../harness/gateway-process';
import { journalDirectory } from '../../../harness/journal-directory';
import { startReference, type Reference } from '../../../harness/reference';
import { aCollection, json } from '../../../harness/samples';
import type { RecordedRequest } from '../../../src/recordings/exchange';
import { exchangeText } from '../../../src/recordings/report';
import { compareOutcomes } from '../../fuzz/compare';
import { Random } from '../../fuzz/random';
import { RequestMaker } from '../../fuzz/requests';
import { Side } from '../../fuzz/side';
import { describeWithReference } from '../../reference/describe-with-reference';
import { exchange, statusesIn } from '../../support/raw-exchange';
import { idleGreen, type IdleGreen } from '../support/idle-green';
import { hostileRequest } from './hostile-requests';

/** FUZZ_SEED repeats a run; FUZZ_COUNT makes it longer. */
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const COUNT = Number(process.env.FUZZ_COUNT ?? 2500);
const SEQUENCE = 50;

const nothing = () => Promise.resolve();

describeWithReference('heads that a client may send, through the gateway to the old server', () => {
  let [direct, blue]: [Reference, Reference] = [] as never;
  let green: IdleGreen;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    [direct, blue] = await Promise.all([startReference(), startReference()]);
    green = await idleGreen();
    journal = await journalDirectory();
    const sides = ['--blue', blue.url, ...green.args, '--journal', journal.path];
    gateway = new GatewayProcess([...sides, '--head-limit', '1MB']);
    await gateway.start();
  });
  afterAll(async () => {
    await gateway.stop();
    await Promise.all([direct, blue].map((reference) => reference.stop()));
    green.stop();
    await journal.remove();
  });

  async function expectAtWork(): Promise<void> {
    const created = await fetch(`${gateway.url}/api/collections`, json('POST', aCollection({ location: 'after' })));
    expect(created.status).toBe(200);
    await fetch(`${direct.url}/api/collections`, json('POST', aCollection({ location: 'after' })));
    expect(await gateway.status()).toMatchObject({ unanswered: 0 });
  }

  it.each([
    ['GET', 'Trailer: x', ''],
    ['DELETE', 'Trailer: x', ''],
    ['POST', 'Trailer: x', '{}'],
    ['PUT', 'Trailer: Content-Length', '{}'],
    ['POST', 'TE: trailers\r\nConnection: TE, close', '{}'],
  ])('%s with %s neither ends the gateway nor leaves a write without an outcome', async (method, header, body) => {
    const target = method === 'POST' ? '/api/collections' : '/api/collections/1';
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    const text = `${method} ${target} HTTP/1.1\r\nHost: a\r\n${header}\r\n${length}\r\n${body}`;
    const statuses = async (url: string) => statusesIn(await exchange(url, [text], { halfClose: true }));
    expect(await statuses(gateway.url)).toEqual(await statuses(direct.url));
    await expectAtWork();
  });

  it(`are answered as by the old server itself (FUZZ_SEED=${SEED})`, async () => {
    process.stderr.write(`hostile heads with FUZZ_SEED=${SEED}\n`);
    const [left, right] = [new Side(direct.url, nothing), new Side(gateway.url, nothing)];
    const maker = (stream: number): [Random, RequestMaker] => {
      const random = new Random(SEED, stream);
      return [random, new RequestMaker(random)];
    };
    const differing: string[] = [];
    let answered = 0;
    for (let stream = 0; stream < COUNT / SEQUENCE && differing.length < 5; stream += 1) {
      const [random, requests] = maker(stream);
      const sequence = [
        ...random.many(SEQUENCE, () => hostileRequest(random, requests)),
        ...['/api/collections', '/api/locations', '/api/analytics'].map(read),
      ];
      const [lefts, rights] = await Promise.all([left.run(sequence), right.run(sequence)]);
      for (const [at, request] of sequence.entries()) {
        const [expected, got] = [lefts[at]!, rights[at]!];
        // What the old server hangs on, or closes without a word, it has not answered.
        if ('failure' in expected) continue;
        answered += 1;
        const details = compareOutcomes(request, expected, got);
        if (details.length === 0) continue;
        const named = { seq: `hostile/${SEED}-${stream}`, n: at + 1, request, response: { status: 0, headers: [] } };
        differing.push(exchangeText({ exchange: named, differences: details, expected: false }));
      }
    }
    left.close();
    right.close();
    expect(differing).toEqual([]);
    expect(answered).toBeGreaterThan(COUNT / 2);
    await expectAtWork();
  }, 300_000);
});

function read(target: string): RecordedRequest {
  return { method: 'GET', target, headers: [], body: null };
}
