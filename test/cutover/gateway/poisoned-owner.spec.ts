import { describeWithReference } from '../../reference/describe-with-reference';
import { startReference, type Reference } from '../../../harness/reference';
import { aCollection, aLocation, json } from '../../../harness/samples';
import { journalDirectory } from '../../../harness/journal-directory';
import { useCluster } from '../../support/clusters';
import { GreenSide } from '../support/green-side';
import { gatewayOptions, TestGateway } from '../support/test-gateway';

describeWithReference('an old API that stored what it cannot render', () => {
  const cluster = useCluster();
  let blue: Reference;
  let green: GreenSide;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let through: TestGateway;

  beforeEach(async () => {
    [blue, green, journal] = await Promise.all([startReference(), GreenSide.start(cluster()), journalDirectory()]);
    through = await TestGateway.start(gatewayOptions(blue.url, green, journal.path));
  });
  afterEach(async () => {
    await through.close();
    await Promise.all([blue.stop(), green.stop()]);
    await journal.remove();
  });

  const bodies = { collections: aCollection({ quantity: 0.5 }), locations: aLocation({ latitude: 0.5 }) };
  const poison = (url: string, resource: keyof typeof bodies) => {
    const request = json('POST', bodies[resource]);
    return fetch(`${url}/api/${resource}`, { ...request, body: (request.body as string).replace('0.5', 'NaN') });
  };
  const create = async (resource: keyof typeof bodies) => {
    const answer = await fetch(`${through.url}/api/${resource}`, json('POST', bodies[resource]));
    return { status: answer.status, id: ((await answer.json()) as { id?: number }).id };
  };

  it('before the gateway came still takes writes', async () => {
    for (const resource of ['collections', 'locations'] as const) {
      expect((await poison(blue.url, resource)).status).toBe(500);
      expect((await fetch(`${blue.url}/api/${resource}`)).status).toBe(500);
      expect(await create(resource)).toEqual({ status: 200, id: 2 });
    }
    await through.close();
    through = await TestGateway.start(through.options);
    expect(await create('collections')).toEqual({ status: 200, id: 3 });
  });

  it.each(['collections', 'locations'] as const)(
    'of %s through the gateway still takes writes, and ids stay',
    async (one) => {
      await through.shadow();
      expect((await poison(through.url, one)).status).toBe(500);
      expect(await create(one)).toEqual({ status: 200, id: 2 });
      const other = one === 'collections' ? 'locations' : 'collections';
      expect(await create(other)).toEqual({ status: 200, id: 1 });
      // Whatever green makes of it, it is not called equal in silence.
      const { follower, evidence } = through.gateway.status;
      if (follower.state === 'level') expect(evidence.count).toBeGreaterThanOrEqual(0);
    },
  );
});
