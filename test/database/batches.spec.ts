import { useCluster } from '../support/clusters';
import { aCollection } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';

const COLLECTIONS = '/api/collections';

const LOCATIONS = [
  '',
  'NULL',
  'null',
  '{a,"b"}',
  'back\\slash',
  "it's",
  'a\u0000b',
  '\\u0000',
  'Straße 東京 😀',
  ' \t\n',
];
const QUANTITIES = [0, 1e15, 1e22, 0.1, 5e-324, -17, 123456.75, 1e300, 2 ** 53, 3];
const DATES = [
  '2024-01-15T10:30:00',
  '2024-01-15T10:30:00.000001',
  '2024-01-15T10:30:00Z',
  '2024-01-15T10:30:00+05:45',
  '0001-01-01T00:00:00-23:59',
];

const ODD = LOCATIONS.map((location, index) =>
  aCollection({
    location,
    quantity: QUANTITIES[index],
    collected_date: DATES[index % DATES.length],
    status: index % 2 === 0 ? 'pending' : 'completed',
  }),
);

describe('a collection', () => {
  const cluster = useCluster();
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp(await cluster().createDatabase());
  });
  afterAll(() => app.close());

  async function create(collection: object): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${app.url}${COLLECTIONS}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(collection),
    });
    expect(response.status).toBe(200);
    return (await response.text()).replace(/"id":\d+/, '');
  }

  it('is stored alike alone and together with others', async () => {
    const alone: string[] = [];
    for (const collection of ODD) alone.push(await create(collection));
    const many = Array.from({ length: 4 }, () => ODD).flat();
    const together = await Promise.all(many.map(create));
    expect(together).toEqual(Array.from({ length: 4 }, () => alone).flat());
  });
});
