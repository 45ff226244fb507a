import { expectCheckedIn } from '../support/checked-in';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { registeredStatements } from '../support/statements';
import { migrateDatabase } from '../../src/database/migrations';

const trimmed = (sql: string) => sql.replace(/^\n+|\s+$/g, '');

it('the SQL of every statement is the one in drizzle/statements.sql', async () => {
  const texts = (await registeredStatements()).map(
    ({ name, kind, text }) => `-- ${name} (${kind})\n${trimmed(text)};\n`,
  );
  expectCheckedIn('drizzle/statements.sql', texts.join('\n'));
});

it('no two statements have one name, under which connections keep them prepared', async () => {
  const names = (await registeredStatements()).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describeOnEachMajor('every statement', (cluster) => {
  it('can be prepared', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    for (const { name, text } of await registeredStatements()) await query(url, `prepare ${name} as ${text}`);
  });
});
