import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServerError } from './embedded-server-error';
import { findPrograms } from './programs';
import type { ProgramSearch } from './programs';

const DEBIAN = '/usr/lib/postgresql';

function debianMajors(): number[] {
  try {
    return readdirSync(DEBIAN)
      .filter((name) => readdirSync(join(DEBIAN, name, 'bin')).includes('initdb'))
      .map(Number);
  } catch {
    return [];
  }
}

describe('findPrograms', () => {
  let search: ProgramSearch;

  beforeEach(async () => {
    const place = await mkdtemp(join(tmpdir(), 'programs-'));
    const user = { uid: process.getuid!(), gid: process.getgid!() };
    search = { user, place, cluster: '/data/postgres', log: { info: () => undefined } };
  });
  afterEach(() => rm(search.place, { recursive: true }));

  test('finds programs that run, of a supported version', async () => {
    const programs = await findPrograms(search);
    expect(programs.major).toBeGreaterThanOrEqual(15);
    expect(programs.version).toMatch(new RegExp(`^${programs.major}[.a-z]`));
  });

  test('takes no programs of another major version than the cluster has', async () => {
    const refused = findPrograms({ ...search, clusterMajor: 9 });
    await expect(refused).rejects.toBeInstanceOf(EmbeddedServerError);
    await expect(refused).rejects.toThrow(
      /^\/data\/postgres holds a PostgreSQL 9 cluster, the programs here are \d+.*: install PostgreSQL 9, /,
    );
  });

  for (const major of debianMajors()) {
    test(`opens a cluster of version ${major} with the installed programs of that version`, async () => {
      expect(await findPrograms({ ...search, clusterMajor: major })).toMatchObject({ major });
    });
  }
});
