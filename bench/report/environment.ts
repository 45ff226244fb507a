import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { query } from '../../harness/postgres-cluster';

const ROOT = resolve(__dirname, '../..');
const SETTINGS = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_connections'];

/** What a measurement was made with: name and value, in the order of the report. */
export type Environment = Readonly<Record<string, string>>;

function said(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch (error) {
    // wrk prints its version and ends with 1.
    return ((error as { stdout?: string }).stdout ?? '').trim();
  }
}

/** Asks the machine, the programs and the database for their versions and settings. */
export async function environmentOf(databaseUrl: string, pgbench: string | undefined): Promise<Environment> {
  const settings = await query<{ name: string; setting: string }>(
    databaseUrl,
    `select name, current_setting(name) as setting from pg_settings where name = any($1) order by name`,
    [SETTINGS],
  );
  const [server] = await query<{ server_version: string }>(databaseUrl, 'show server_version');
  const requirements = readFileSync(join(ROOT, 'test/reference/requirements.txt'), 'utf8');
  const pinned = (name: string) => new RegExp(`^${name}(\\[\\w+\\])?==\\S+`, 'm').exec(requirements)?.[0] ?? name;
  return {
    date: new Date().toISOString(),
    commit: said('git', '-C', ROOT, 'describe', '--always', '--dirty'),
    machine: `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    kernel: `${type()} ${release()}`,
    node: process.version,
    reference: `${said(join(ROOT, 'test/reference/venv/bin/python'), '--version')}, ${['fastapi', 'pydantic', 'uvicorn', 'httptools', 'uvloop'].map(pinned).join(', ')}`,
    PostgreSQL: `${server?.server_version ?? ''}, ${settings.map(({ name, setting }) => `${name}=${setting}`).join(', ')}`,
    'load generator': said('wrk', '--version').split('\n')[0] ?? '',
    pgbench: pgbench === undefined ? 'not installed' : said(pgbench, '--version'),
  };
}
