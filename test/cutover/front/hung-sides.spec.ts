import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../harness/eventually';
import { aCollection, json } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useTwoSides } from '../support/two-sides';
import { GatewayInFront } from './gateway-in-front';

describeWithReference('an old server that stands still', () => {
  let front: GatewayInFront;
  afterEach(() => front.stop());

  it('is given up once it has not begun its answer in time, and asked again when it goes on', async () => {
    front = await GatewayInFront.start(0, ['--first-byte-timeout', '1']);
    const { url } = front.gateway;
    expect((await fetch(`${url}/api/collections`, json('POST', aCollection()))).status).toBe(200);
    front.blue.server.child.kill('SIGSTOP');
    const reads = await Promise.all(Array.from({ length: 3 }, () => fetch(`${url}/api/collections/1`)));
    expect(reads.map(({ status }) => status)).toEqual([504, 504, 504]);
    front.blue.server.child.kill('SIGCONT');
    expect((await fetch(`${url}/api/collections/1`)).status).toBe(200);
  });

  it('may take longer for a whole list than for its beginning', async () => {
    front = await GatewayInFront.start(20, [
      '--first-byte-timeout',
      '10',
      '--side-timeout',
      '2',
      '--slow-readers',
      '9',
    ]);
    // Its reader takes more time than the side may be silent.
    const { body } = await fetch(`${front.gateway.url}/api/collections`);
    let bytes = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      if (bytes === 0) await sleep(5000);
      bytes += piece.length;
    }
    expect(bytes).toBeGreaterThan(20_000_000);
  });
});

describe('in a split, a green that accepts and does not answer', () => {
  const sides = useTwoSides();

  it('is replaced by the owner in two seconds, for the client that it was to answer', async () => {
    await sides().restart({ firstByteTimeout: 30_000 });
    // For a moment after a start the journal is made safe.
    await eventually(() => sides().through.shadow());
    await sides().create();
    await sides().through.level();
    await sides().through.gateway.phases.change('split', { percent: 100 });
    let asked = 0;
    sides().green.onRead = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const started = performance.now();
    const answer = await fetch(`${sides().through.url}/api/collections`);
    expect(await answer.text()).toBe(sides().blue.list('collections'));
    expect(asked).toBeGreaterThan(0);
    // It would be 30 s without.
    expect(performance.now() - started).toBeLessThan(20_000);
    sides().green.onRead = () => undefined;
  });
});
