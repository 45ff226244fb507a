// npm run db:wire -- RESOURCE: writes a migration with the trigger function that renders the resource's rows and, for a new
// table, with its trigger and index. The table itself, or its new column, is made by "npm run db:generate" before.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCES, type Resource } from '../src/database/resources';
import { newMigration } from './new-migration';
import { wireOfChangedTable, wireOfNewTable } from './wire-function';

const MIGRATIONS = join(__dirname, '..', 'drizzle');

function isResource(name: string | undefined): name is Resource {
  return name !== undefined && Object.hasOwn(RESOURCES, name);
}

/** Whether a migration before this one has given the table its trigger. */
function hasTrigger(resource: Resource): boolean {
  const trigger = new RegExp(`TRIGGER zzz_wire .*ON "${resource}"|TRIGGER .*ON "${resource}" RENAME TO zzz_wire`);
  const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith('.sql'));
  return files.some((file) => trigger.test(readFileSync(join(MIGRATIONS, file), 'utf8')));
}

const [resource] = process.argv.slice(2);
if (isResource(resource)) {
  const text = hasTrigger(resource) ? wireOfChangedTable(resource) : wireOfNewTable(resource);
  const file = newMigration(['--custom', '--name', `${resource}_wire`]);
  if (file !== undefined) writeFileSync(file, `${text}\n`);
} else {
  process.stderr.write(`usage: npm run db:wire -- ${Object.keys(RESOURCES).join('|')}\n`);
  process.exitCode = 2;
}
