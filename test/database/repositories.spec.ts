import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { AnalyticsRepository } from '../../src/analytics/analytics.repository';
import { Status } from '../../src/collections/collection.enums';
import { Collection } from '../../src/collections/collection.model';
import { CollectionsRepository } from '../../src/collections/collections.repository';
import { modelOf } from '../../src/contract';
import { Database } from '../../src/database/database';
import { Location } from '../../src/locations/location.model';
import { LocationsRepository } from '../../src/locations/locations.repository';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { modelsOf } from './values';

Logger.overrideLogger(false);

const collections = modelsOf(Collection);
const locations = modelsOf(Location);

/** How the contract spells a stored collection. */
const spelledCollection = (id: number, item: Collection) =>
  modelOf(Collection).write(Object.assign(new Collection(), item, { id: BigInt(id) }));

/** How the contract spells a stored location. */
const spelledLocation = (id: number, item: Location) =>
  modelOf(Location).write(Object.assign(new Location(), item, { id: BigInt(id) }));

describeOnEachMajor('the repositories', (cluster) => {
  let url: string;
  let database: Database;
  let collectionsRepository: CollectionsRepository;
  let locationsRepository: LocationsRepository;
  let analytics: AnalyticsRepository;

  beforeAll(async () => {
    url = await cluster().createDatabase();
    database = new Database({
      url,
      dataDir: '.',
      poolSize: 2,
      statementTimeout: 30_000,
      streamLimit: 2,
      writeTimeout: 30_000,
    });
    await database.start();
    collectionsRepository = new CollectionsRepository(database);
    locationsRepository = new LocationsRepository(database);
    analytics = new AnalyticsRepository(database);
  });
  beforeEach(() => query(url, 'truncate collections, locations, id_counters'));
  afterAll(() => database.close());

  const sample = (changes: Partial<Collection> = {}) => Object.assign(fc.sample(collections, 1)[0]!, changes);

  it('answer with every accepted collection as it was sent, from create, get, list and replace', () =>
    fc.assert(
      fc.asyncProperty(fc.array(collections, { minLength: 1, maxLength: 40, size: 'max' }), async (items) => {
        await query(url, 'truncate collections, id_counters');
        const expected = items.map((item, index) => spelledCollection(index + 1, item));
        const created = await Promise.all(items.map((item) => collectionsRepository.create(item)));
        expect(created.map(({ text }) => text)).toEqual(expected);
        const got = await Promise.all(items.map((_, index) => collectionsRepository.get(BigInt(index + 1))));
        expect(got.map(({ text }) => text)).toEqual(expected);
        expect(await collectionsRepository.list()).toMatchObject({ text: `[${expected.join(',')}]` });

        const turned = [...items].reverse();
        const replaced = await Promise.all(
          turned.map((item, index) => collectionsRepository.replace(BigInt(index + 1), item)),
        );
        expect(replaced.map(({ text }) => text)).toEqual(turned.map((item, i) => spelledCollection(i + 1, item)));
      }),
      { numRuns: 15 },
    ));

  it('answer with every accepted location as it was sent', () =>
    fc.assert(
      fc.asyncProperty(fc.array(locations, { minLength: 1, maxLength: 40, size: 'max' }), async (items) => {
        await query(url, 'truncate locations, id_counters');
        const expected = items.map((item, index) => spelledLocation(index + 1, item));
        const created = await Promise.all(items.map((item) => locationsRepository.create(item)));
        expect(created.map(({ text }) => text)).toEqual(expected);
        expect(await locationsRepository.list()).toMatchObject({ text: `[${expected.join(',')}]` });
      }),
      { numRuns: 15 },
    ));

  it('sum quantities in id order, as additions of doubles', () =>
    fc.assert(
      fc.asyncProperty(fc.array(collections, { maxLength: 60, size: 'max' }), async (items) => {
        await query(url, 'truncate collections, id_counters');
        await Promise.all(items.map((item) => collectionsRepository.create(item)));
        const sums = new Map<string, number>();
        for (const { waste_type, quantity } of items) {
          const sum = sums.get(waste_type);
          sums.set(waste_type, sum === undefined ? quantity : sum + quantity);
        }
        const { waste_by_type, ...counts } = await analytics.get();
        expect([...waste_by_type]).toEqual([...sums]);
        expect(counts).toEqual({
          total_collections: BigInt(items.length),
          pending_collections: BigInt(items.filter(({ status }) => status === Status.Pending).length),
          completed_collections: BigInt(items.filter(({ status }) => status === Status.Completed).length),
        });
      }),
      { numRuns: 15 },
    ));

  describe('the columns that the contract does not show', () => {
    interface Times {
      created_at: Date;
      updated_at: Date;
      completed_at: Date | null;
    }
    const times = async () => {
      const [row] = await query<{ text: Times }>(url, 'select to_json(t) as text from collections t where id = 1');
      return row!.text;
    };

    it('a pending collection has no completion, and was updated when it was created', async () => {
      await collectionsRepository.create(sample({ status: Status.Pending }));
      const { created_at, updated_at, completed_at } = await times();
      expect(updated_at).toBe(created_at);
      expect(completed_at).toBeNull();
    });

    it('one that comes completed was completed when it came', async () => {
      await collectionsRepository.create(sample({ status: Status.Completed }));
      const { created_at, completed_at } = await times();
      expect(completed_at).toBe(created_at);
    });

    it('the completion is set once, survives other changes, and goes when the status is pending again', async () => {
      await collectionsRepository.create(sample({ status: Status.Pending }));
      const first = await times();
      await collectionsRepository.replace(1n, sample({ status: Status.Completed }));
      const completed = await times();
      expect(completed.created_at).toBe(first.created_at);
      expect(completed.completed_at).toBe(completed.updated_at);
      expect(completed.updated_at > first.updated_at).toBe(true);

      await collectionsRepository.replace(1n, sample({ status: Status.Completed, location: 'moved' }));
      const moved = await times();
      expect(moved.completed_at).toBe(completed.completed_at);
      expect(moved.updated_at > completed.updated_at).toBe(true);

      await collectionsRepository.replace(1n, sample({ status: Status.Pending }));
      expect((await times()).completed_at).toBeNull();
    });
  });

  it('values that another program wrote are read as they are', async () => {
    await query(
      url,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       values (9007199254740993, E'a\\nb"', 'glass', 1e23, 'tons', '0001-01-01', 'completed')`,
    );
    expect((await collectionsRepository.get(9007199254740993n)).text).toBe(
      '{"id":9007199254740993,"location":"a\\nb\\"","waste_type":"glass","quantity":1e+23,"unit":"tons",' +
        '"collected_date":"0001-01-01T00:00:00","status":"completed"}',
    );
  });

  it.each([
    ['quantity', `'NaN'`],
    ['quantity', `'Infinity'`],
    ['quantity', `'-Infinity'`],
    ['collected_date', `'10000-01-01'`],
    ['collected_date', `'0001-12-31 BC'`],
    ['collected_date', `'infinity'`],
    ['collected_offset', '1440'],
  ])('no program can write a %s of %s, which JSON or the contract cannot spell', async (column, value) => {
    await collectionsRepository.create(sample());
    await expect(query(url, `update collections set ${column} = ${value}`)).rejects.toMatchObject({
      code: '23514',
      message: 'a collection has a finite quantity, a date in the years 1 to 9999, and an offset of less than a day',
    });
  });

  it.each(['latitude', 'longitude'])('no program can write a %s that JSON cannot spell', async (column) => {
    const row = `insert into locations (id, name, address, latitude, longitude, zone) values (1, 'a', 'b', 1, 2, 'c')`;
    await query(url, row);
    await expect(query(url, `update locations set ${column} = 'NaN'`)).rejects.toMatchObject({
      code: '23514',
      message: 'a location has a finite latitude and longitude',
    });
  });
});
