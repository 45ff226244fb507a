import { aCollection, json } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { exchange, statusesIn } from '../../support/raw-exchange';
import { GatewayInFront } from './gateway-in-front';

describeWithReference('writes that wait, while an import holds them back', () => {
  let front: GatewayInFront;
  afterEach(() => front.stop());

  const mark = (input: object) => front.gateway.ask('POST', '/import-mark', input) as Promise<{ mark: string }>;
  const create = (size: number) =>
    fetch(`${front.gateway.url}/api/collections`, json('POST', aCollection({ location: 'x'.repeat(size) })));

  /** Sends so many at once while writes are held, and lets them go when those that are refused have been. */
  async function sendHeld(count: number, refused: number, size: number) {
    const { mark: held } = await mark({ action: 'begin', purpose: 'import', seconds: 60 });
    let answers: Response[] = [];
    const sent = Array.from({ length: count }, async () => {
      const answer = await create(size);
      answers = [...answers, answer];
      if (answers.length === refused) await mark({ action: 'abandon', mark: held });
    });
    await Promise.all(sent);
    return answers;
  }

  it.each([
    ['by their number', ['--pending-writes', '5'], 100],
    ['by the bytes of their bodies', ['--pending-bytes', '1MB'], 200_000],
  ])('are bounded %s: those beyond are told at once to come again', async (_, options, size) => {
    front = await GatewayInFront.start(0, options);
    expect((await create(10)).status).toBe(200);
    const answers = await sendHeld(12, 7, size);
    const refused = answers.slice(0, 7);
    expect(refused.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
      Array<unknown>(7).fill([503, '1']),
    );
    expect(answers.slice(7).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await front.gateway.status()).toMatchObject({ unanswered: 0 });
    // Nothing of it stays: as many can wait once more.
    const later = await sendHeld(12, 7, size);
    expect(later.filter(({ status }) => status === 200)).toHaveLength(5);
  });

  it('cost no more memory than they may', async () => {
    front = await GatewayInFront.start(0, ['--pending-bytes', '16MB']);
    expect((await create(10)).status).toBe(200);
    const before = front.peak;
    // Of 20 bodies of 4 MB three or four have room.
    const answers = await sendHeld(20, 16, 4_000_000);
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(16);
    expect(front.peak - before).toBeLessThan(130);
  });

  it('are refused before a client has sent a body that it was asked not to send yet', async () => {
    front = await GatewayInFront.start(0, ['--body-limit', '1MB']);
    const post = (length: number, expected = 'Expect: 100-continue\r\n') =>
      `POST /api/locations HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n${expected}\r\n`;
    expect(statusesIn(await exchange(front.gateway.url, [post(2_000_000)]))).toEqual([413]);
    expect(statusesIn(await exchange(front.gateway.url, [post(2), '{}']))).toEqual([100, 422]);
  });
});
