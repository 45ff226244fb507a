// npm run db:wire -- RESOURCE: writes a migration with the trigger function that renders the resource's rows and, for a new
// table, with its trigger and index. The table itself, or its new column, is made by "npm run db:generate" before.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCES, type Resource } from '../src/database/resources';
import { wireOfChangedTable, wireOfNewTable } from './wire-function';

const ROOT = join(__dirname, '..');
const MIGRATIONS = join(ROOT, 'drizzle');

const migrations = () =>
  readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql'))
    .sort();

function isResource(name: string | undefined): name is Resource {
  return name !== undefined && Object.hasOwn(RESOURCES, name);
}

const [resource] = process.argv.slice(2);
if (!isResource(resource)) {
  process.stderr.write(`usage: npm run db:wire -- ${Object.keys(RESOURCES).join('|')}\n`);
  process.exit(2);
}
const known = new RegExp(`CREATE TRIGGER ${resource}_wire\\b`);
const isNew = !migrations().some((file) => known.test(readFileSync(join(MIGRATIONS, file), 'utf8')));
execFileSync('npx', ['drizzle-kit', 'generate', '--custom', '--name', `${resource}_wire`], { cwd: ROOT });
const file = join(
  MIGRATIONS,
  migrations()
    .filter((name) => /^\d{4}_/.test(name))
    .at(-1) ?? '',
);
writeFileSync(file, `${isNew ? wireOfNewTable(resource) : wireOfChangedTable(resource)}\n`);
process.stdout.write(`Wrote ${file}\n`);
