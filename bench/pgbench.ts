import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { parameterText, type Parameter } from '../src/database/parameter-text';
import { BenchError } from './bench-error';
import { collectionBodies } from './bodies';
import { built } from './built';

/** A statement of the API as PostgreSQL alone executes it: the limit of what the server could reach. */
export interface StatementLimit {
  readonly name: string;
  /** Items that one statement carries, as concurrent requests share it. */
  readonly items: number;
  readonly clients: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly latency: number;
}

type Value = string | number | null;

const run = promisify(execFile);
const MEASURED = [
  'collections_by_ids',
  'collections_create_one',
  'collections_create',
  'collections_replace',
  'collections_list',
  'analytics_by_waste_type',
  'health_ping',
];
const ITEMS = [1, 20];
const CLIENTS = [1, 4];
const ROWS = 1000;

/** The place of pgbench: on PATH, or where Debian puts it; undefined if it is not installed. */
export function findPgbench(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((major) => join(debian, major, 'bin')),
  ];
  return folders.map((folder) => join(folder, 'pgbench')).find((file) => existsSync(file));
}

/** Name and text of every statement of the API. */
async function statements(): Promise<Map<string, string>> {
  const { createApp } = built('app') as typeof import('../src/app');
  const { readConfig } = built('config') as typeof import('../src/config');
  const { createPino } = built('logging/logger') as typeof import('../src/logging/logger');
  const { database, nest } = await createApp(readConfig({}), createPino({ level: 'silent', deployment: undefined }));
  await nest.close();
  return new Map(database.statements.map(({ name, text }) => [name, text]));
}

/** Replaces the statement's numbered parameters by what their casts tell: ids at random, columns from bodies. */
export function pgbenchScript(text: string, items: number): string {
  const bodies = collectionBodies(items, 5);
  const columns: Record<string, readonly Value[]> = {
    waste_type: bodies.map(({ waste_type }) => waste_type),
    'double precision': bodies.map(({ quantity }) => quantity),
    unit: bodies.map(({ unit }) => unit),
    timestamp: bodies.map(({ collected_date }) => collected_date),
    smallint: bodies.map(() => null),
    status: bodies.map(({ status }) => status),
  };
  const ids = `array[${Array.from({ length: items }, (_, n) => `:id + ${n}`).join(', ')}]`;
  // The readable text first, then its exact form, which ordinary text has none of. Lists and analytics have one text, the
  // snapshot of their kept answer: no place is one, so that the statement does its work.
  const texts = [bodies.map(({ location }) => location), bodies.map(() => null)];
  const filled = text.replace(/\$\d+::(\w+(?: precision)?)(\[\])?/g, (_match, type: string, array = '') => {
    if (type === 'bigint') return array ? `${ids}::bigint[]` : String(items);
    const values = type === 'text' ? texts.shift() : columns[type];
    if (values === undefined) throw new BenchError(`the benchmark has no value for a parameter of type ${type}`);
    return quote(array ? values : (values[0] ?? null), `${type}${array}`);
  });
  return `\\set id random(1, ${ROWS - items})\n${filled.trim().replace(/\s*\n\s*/g, ' ')};\n`;
}

function quote(value: Parameter, type: string): string {
  const text = parameterText(value);
  return `${text === null ? 'null' : `'${text.replaceAll("'", "''")}'`}::${type}`;
}

/**
 * Runs the API's statements through pgbench, prepared.
 * @param setRows brings the table back to a size
 * @param folder where the scripts may lie
 */
export async function measureStatements(
  { program, url, seconds, folder }: { program: string; url: string; seconds: number; folder: string },
  setRows: (rows: number) => Promise<void>,
  onProgress: (line: string) => void,
): Promise<StatementLimit[]> {
  const texts = await statements();
  const limits: StatementLimit[] = [];
  for (const name of MEASURED) {
    const text = texts.get(name);
    if (text === undefined) throw new BenchError(`the API has no statement ${name}`);
    for (const items of text.includes('::bigint[]') || text.includes('::text[]') ? ITEMS : [1]) {
      const file = join(folder, `${name}-${items}.sql`);
      await writeFile(file, pgbenchScript(text, items));
      for (const clients of CLIENTS) {
        await setRows(ROWS);
        const options = ['-n', '-M', 'prepared', '-c', String(clients), '-T', String(seconds), '-f', file, url];
        const { stdout } = await run(program, options);
        const limit = { name, items, clients, ...figuresIn(stdout) };
        limits.push(limit);
        onProgress(`pgbench ${name}, ${items} items, ${clients} clients: ${Math.round(limit.perSecond)}/s`);
      }
    }
  }
  return limits;
}

function figuresIn(output: string): { perSecond: number; latency: number } {
  const perSecond = /^tps = ([\d.]+)/m.exec(output)?.[1];
  const latency = /^latency average = ([\d.]+) ms/m.exec(output)?.[1];
  if (perSecond === undefined || latency === undefined) throw new BenchError(`pgbench said: ${output.slice(-500)}`);
  return { perSecond: Number(perSecond), latency: Number(latency) };
}
