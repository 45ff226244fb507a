import type { OperatingUser } from './operating-user';
import type { Programs } from './programs';
import { runProgram } from './run-program';

/** For superusers, backups and operators, beside the API. */
const SPARE = 10;
/** What a new cluster is given, see SETTINGS in cluster.ts; the file is the operator's to change. */
const USUAL = 50;

/**
 * Settings for PostgreSQL's command line with which it takes as many connections as the API may make, if those in its
 * configuration are too few.
 *
 * @param connections of the API at once
 */
export async function roomForConnections(
  connections: number,
  programs: Programs,
  cluster: string,
  user: OperatingUser,
): Promise<string[]> {
  const needed = connections + SPARE;
  if (needed <= USUAL) return [];
  const configured = await runProgram(programs.postgres, ['-D', cluster, '-C', 'max_connections'], user);
  return configured.ok && Number(configured.stdout) >= needed ? [] : [`max_connections=${needed}`];
}
