import { measure } from '../../src/database/list-streams';
import { migrateDatabase } from '../../src/database/migrations';
import { describeOnEachMajor } from '../support/clusters';
import { Pool } from '../support/pool';
import { query } from '../../harness/postgres-cluster';
import { registeredStatements } from '../support/statements';

const BY_ID = ['collections_by_ids', 'collections_replace', 'collections_remove'];

const FILL = `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
  select id, 'Depot ' || id, 'paper', id, 'kg', '2024-01-15T10:30:00', 'pending' from generate_series(1, 1000) id`;

describeOnEachMajor('the plans of statements', (cluster) => {
  let pool: Pool;
  let texts: Map<string, string>;

  beforeAll(async () => {
    texts = new Map((await registeredStatements()).map(({ name, text }) => [name, text]));
    const connectionString = await cluster().createDatabase();
    await migrateDatabase(connectionString);
    pool = new Pool(connectionString, { statementTimeout: 10_000 });
    await pool.open();
    await query(connectionString, `${FILL}; analyze collections`);
  });
  afterAll(() => pool.close());

  it.each(BY_ID)('%s never reads the whole table for a few of them', async (name) => {
    const text = texts.get(name) ?? '';
    const parameters = Math.max(...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
    await pool.query(`prepare ${name} as ${text}`);
    const nulls = Array.from({ length: parameters }, () => 'null').join(', ');
    const plan = (await pool.query(`explain execute ${name}(${nulls})`)).flat().join('\n');
    expect(plan).toContain('collections_pkey');
    expect(plan).not.toMatch(/Seq Scan|Hash Join|Merge Join/);
  });

  it.each(['collections', 'locations'])('%s are measured without reading them', async (table) => {
    for (const kind of ['seqscan', 'bitmapscan']) await pool.query(`set enable_${kind} = off`);
    const plan = (await pool.query(`explain ${measure(table)}`)).flat().join('\n');
    expect(plan).toContain(`Index Only Scan using ${table}_pkey`);
  });
});
