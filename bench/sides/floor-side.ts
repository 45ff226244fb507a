import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { SeededDatabase, type SeededTable } from '../seed';
import { DatabaseSide } from './database-side';

const TABLE: SeededTable = {
  empty: 'truncate collections restart identity',
  fill: `insert into collections (location, waste_type, quantity, unit, collected_date, status)
    select body->>'location', body->>'waste_type', (body->>'quantity')::double precision, body->>'unit',
      body->>'collected_date', body->>'status'
    from seed where id <= $1 and $2::bigint >= 0 order by id`,
  count: `select setval(pg_get_serial_sequence('collections', 'id'), $1::bigint)`,
};

/** The floor is compiled first, so that Node runs it as it runs the API. @param folder where the result may lie */
export function startFloor(url: string, postgres: number, folder: string): Promise<DatabaseSide> {
  const script = join(folder, 'floor-server.js');
  const source = readFileSync(join(__dirname, '..', 'floor-server.ts'), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true };
  writeFileSync(script, ts.transpileModule(source, { compilerOptions }).outputText);
  return DatabaseSide.start(
    'floor',
    postgres,
    () => SeededDatabase.prepare(url, TABLE),
    (port) => ({ command: process.execPath, args: [script, url, String(port)], environment: {} }),
  );
}
