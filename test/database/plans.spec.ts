import { pino } from 'pino';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { Connection } from '../../src/database/connection';
import { migrateDatabase } from '../../src/database/migrations';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../support/postgres-cluster';

const BY_ID = ['collections_by_ids', 'collections_replace', 'collections_remove'];

const FILL = `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
  select id, 'Depot ' || id, 'paper', id, 'kg', '2024-01-15T10:30:00', 'pending' from generate_series(1, 1000) id`;

describeOnEachMajor('statements that look rows up by id', (cluster) => {
  let connection: Connection;

  beforeAll(async () => {
    const connectionString = await cluster().createDatabase();
    await migrateDatabase(connectionString);
    const log = { warn: () => undefined, info: () => undefined };
    connection = new Connection({ connectionString, statementTimeout: 10_000, log });
    await connection.connect();
    await query(connectionString, `${FILL}; analyze collections`);
  });
  afterAll(() => connection.close());

  it.each(BY_ID)('%s never reads the whole table for a few of them', async (name) => {
    const { database, nest } = await createApp(readConfig({}), pino({ level: 'silent' }));
    await nest.close();
    const text = database.statements.find((statement) => statement.name === name)?.text ?? '';
    const parameters = Math.max(...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
    await connection.query({ text: `prepare ${name} as ${text}` });
    const nulls = Array.from({ length: parameters }, () => 'null').join(', ');
    const plan = (await connection.query({ text: `explain execute ${name}(${nulls})` })).flat().join('\n');
    expect(plan).toContain('collections_pkey');
    expect(plan).not.toMatch(/Seq Scan|Hash Join|Merge Join/);
  });
});
