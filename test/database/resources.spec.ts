import fc from 'fast-check';
import { wireFunction } from '../../scripts/wire-function';
import { modelOf } from '../../src/contract';
import { RESOURCES, type Resource } from '../../src/database/resources';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { startTestApp, type TestApp } from '../support/test-app';
import { modelsOf } from './values';

const resources = Object.keys(RESOURCES) as Resource[];
const fieldsOf = (resource: Resource) => modelOf<object>(RESOURCES[resource].model).fields.map(({ name }) => name);

test.each(resources)('each field of %s but the id has its columns', (resource) => {
  const kept = new Set(RESOURCES[resource].columns.map(({ field }) => field));
  expect(['id', ...kept]).toEqual(fieldsOf(resource));
});

// What no compiler finds: the table, its trigger and index, and the function that renders a row.
describeOnEachMajor('each resource', (cluster) => {
  let app: TestApp;
  let url: string;

  beforeAll(async () => {
    url = await cluster().createDatabase();
    app = await startTestApp(url);
  });
  afterAll(() => app.close());

  test.each(resources)('%s has the trigger that renders rows, in every session', async (resource) => {
    const triggers = await query(
      url,
      `select tgname, tgenabled, tgtype from pg_trigger where tgrelid = '${resource}'::regclass and not tgisinternal`,
    );
    // Of each row (1), before (2) it is inserted (4) or updated (16).
    expect(triggers).toEqual([{ tgname: 'zzz_wire', tgenabled: 'A', tgtype: 1 + 2 + 4 + 16 }]);
  });

  test.each(resources)('%s has a primary key that holds the length of each row', async (resource) => {
    const keys = await query<{ text: string }>(
      url,
      `select pg_get_constraintdef(oid) as text from pg_constraint where conrelid = '${resource}'::regclass and contype = 'p'`,
    );
    expect(keys).toEqual([{ text: 'PRIMARY KEY (id) INCLUDE (wire_bytes)' }]);
  });

  describe.each(resources)('%s', (resource) => {
    const model = modelOf<{ id: bigint | null }>(RESOURCES[resource].model);
    const models = modelsOf<{ id: bigint | null }>(RESOURCES[resource].model);
    const path = `/api/${resource}`;

    /** Stores models and lists them, through HTTP. */
    const comeBackAsSent = () =>
      fc.assert(
        fc.asyncProperty(fc.array(models, { minLength: 1, maxLength: 30, size: 'max' }), async (items) => {
          await query(url, `truncate ${resource}, id_counters`);
          const expected = new Set<string>();
          const create = async (item: { id: bigint | null }) => {
            const response = await fetch(`${app.url}${path}`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: model.write(item),
            });
            const text = await response.text();
            const id = BigInt(/\d+/.exec(text)?.[0] ?? 0);
            expect(text).toBe(model.write({ ...item, id }));
            expected.add(text);
          };
          await Promise.all(items.map(create));
          const rows = await query<{ wire: string }>(url, `select wire from ${resource} order by id`);
          expect(new Set(rows.map(({ wire }) => wire))).toEqual(expected);
          const list = await fetch(`${app.url}${path}`);
          expect(await list.text()).toBe(`[${rows.map(({ wire }) => wire).join(',')}]`);
        }),
        { numRuns: 10 },
      );

    it('come back as they were sent', comeBackAsSent);

    it('come back as they were sent, also if "npm run db:wire" renders the rows', async () => {
      await query(url, wireFunction(resource));
      await comeBackAsSent();
    });
  });
});
