import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { describeWithReference } from '../reference/describe-with-reference';
import { type Reference, startReference } from '../../harness/reference';
import { type CampaignOptions, type Finding, runCampaign } from './campaign';
import { recordingOf } from './report';
import { openReset, type Reset } from './resets';
import { Side } from './side';

describeWithReference('the differential fuzzer', () => {
  let left: Reference;
  let right: Reference;
  const open: { side: Side; reset: Reset }[] = [];

  beforeAll(async () => {
    [left, right] = await Promise.all([startReference(), startReference()]);
  });

  afterEach(async () => {
    for (const { side, reset } of open.splice(0)) {
      side.close();
      await reset.end();
    }
  });

  afterAll(() => Promise.all([left.stop(), right.stop()]));

  async function sideOf(reference: Reference, url = reference.url): Promise<Side> {
    const reset = await openReset('left', { reset: reference.resetUrl, yesDestroyData: false });
    const side = new Side(url, reset.empty);
    open.push({ side, reset });
    return side;
  }

  async function campaign(options: Partial<CampaignOptions>) {
    const findings: Finding[] = [];
    const counts = await runCampaign({
      seed: 1,
      exchanges: 1_000,
      first: 0,
      left: await sideOf(left),
      right: await sideOf(right),
      keep: 1,
      maxDifferences: 1,
      onFinding: (finding) => findings.push(finding),
      ...options,
    });
    return { counts, findings };
  }

  it('finds nothing between two references', async () => {
    const { counts, findings } = await campaign({ exchanges: 2_000 });
    expect(findings).toEqual([]);
    expect(counts.differences).toBe(0);
    expect(counts.byStatus.get('none')).toBeUndefined();
    expect(counts.byStatus.get('200')).toBeGreaterThan(counts.exchanges / 3);
  });

  it('finds one changed byte of one kind of answer and shrinks it to what is needed', async () => {
    const proxy = await startProxy(
      right.url,
      'unable to parse string as a number',
      'unable to parse string as a Number',
    );
    try {
      const { findings } = await campaign({ exchanges: 20_000, right: await sideOf(right, proxy.url) });
      expect(findings).toHaveLength(1);
      const [finding] = findings;
      expect(finding).toMatchObject({ reproducible: true, details: [{ aspect: 'body' }] });
      expect(finding?.requests).toHaveLength(1);
      const [request] = finding?.requests ?? [];
      // One field with a string that is no number is all that is needed; the float is the only member left.
      expect(request?.body).toMatch(/^\{"(quantity|latitude|longitude)":"[^]*"\}$/);
      expect(recordingOf(finding!)).toMatchObject([{ n: 1, response: { status: 422 } }]);
    } finally {
      await proxy.stop();
    }
  });

  it('keeps the exchanges that a difference in the store needs', async () => {
    const proxy = await startProxy(right.url, '"total_collections":1,', '"total_collections":2,');
    try {
      const { findings } = await campaign({ exchanges: 20_000, right: await sideOf(right, proxy.url) });
      expect(findings[0]?.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
    } finally {
      await proxy.stop();
    }
  });

  it('ends with an error when a server goes away', async () => {
    const gone = await startProxy(right.url, 'x', 'x');
    const side = await sideOf(right, gone.url);
    await gone.stop();
    await expect(campaign({ right: side })).rejects.toThrow('cannot be reached');
  });
});

/** Passes connections on and puts `planted` in place of `original` in the answers; both must be of one length. */
async function startProxy(url: string, original: string, planted: string) {
  const upstream = Number(new URL(url).port);
  const server: Server = createServer((client) => {
    const onward = connect(upstream, '127.0.0.1');
    client.pipe(onward);
    onward.on('data', (piece) =>
      client.write(Buffer.from(piece.toString('latin1').replaceAll(original, planted), 'latin1')),
    );
    onward.on('end', () => client.end()).on('error', () => client.destroy());
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  };
}
