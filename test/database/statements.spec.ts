import { pino } from 'pino';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { expectCheckedIn } from '../support/checked-in';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../support/postgres-cluster';
import { migrateDatabase } from '../../src/database/migrations';

async function statements() {
  const { database, nest } = await createApp(readConfig({}), pino({ level: 'silent' }));
  await nest.close();
  return [...database.statements].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const trimmed = (sql: string) => sql.replace(/^\n+|\s+$/g, '');

it('the SQL of every statement is the one in drizzle/statements.sql', async () => {
  const texts = (await statements()).map(({ name, kind, text }) => `-- ${name} (${kind})\n${trimmed(text)};\n`);
  expectCheckedIn('drizzle/statements.sql', texts.join('\n'));
});

it('no two statements have one name, under which connections keep them prepared', async () => {
  const names = (await statements()).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describeOnEachMajor('every statement', (cluster) => {
  it('can be prepared', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    for (const { name, text } of await statements()) await query(url, `prepare ${name} as ${text}`);
  });
});
