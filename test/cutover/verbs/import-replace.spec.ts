import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtFile } from '../../../harness/build';
import { CUTOVER, runCutover } from '../../../harness/cutover-program';
import { ofTheRun } from '../../../harness/environment';
import { query } from '../../../harness/postgres-cluster';
import { startReference, type Reference } from '../../../harness/reference';
import { aCollection } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { create, send } from '../filled-side';

describeWithReference('import --replace into a target that has rows which the source lacks', () => {
  const cluster = useCluster();
  let old: Reference;
  let target: string;
  beforeEach(async () => {
    [old, target] = await Promise.all([startReference(), cluster().createDatabase()]);
    for (let rows = 0; rows < 6; rows += 1) await create(old.url);
    expect(await run()).toMatchObject({ code: 0 });
    // As after writes that went to the wrong side: the source has neither 2 and 3 nor the target's 5, and a row of its own.
    await send('DELETE', `${old.url}/api/collections/2`);
    await send('DELETE', `${old.url}/api/collections/3`);
    await send('PUT', `${old.url}/api/collections/5`, JSON.stringify(aCollection({ location: 'changed' })));
    await create(old.url);
  });
  afterEach(() => old.stop());

  const run = (...more: string[]) => runCutover(['import', '--from', old.url, ...more], { DATABASE_URL: target });
  const ids = async () => {
    const rows = await query<{ id: string }>(target, 'select id from collections order by id');
    return rows.map(({ id }) => Number(id));
  };
  const WORDS =
    '--replace removes 6 rows of collections from the target: 2 of them the source lacks (id 2-3), 1 it has with other values (id 5)';

  /** Runs it on a terminal, with this as the answer to its question. */
  async function onTerminal(answer: string): Promise<{ code: unknown; words: string }> {
    const command = `${process.execPath} ${builtFile(CUTOVER)} import --from ${old.url} --replace`;
    const program = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { ...ofTheRun(), DATABASE_URL: target },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let words = '';
    program.stdout.on('data', (piece: Buffer) => {
      words += piece.toString();
      if (words.includes('Type "yes"') && program.stdin.writable) program.stdin.end(`${answer}\n`);
    });
    const [code] = (await once(program, 'close')) as unknown[];
    return { code, words };
  }

  it('names them, and removes nothing where nobody can be asked', async () => {
    const refused = await run('--replace');
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(WORDS) });
    expect(refused.stderr).toMatch(/error: nothing was removed and nothing was written.*--yes\n$/);
    expect(await ids()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('removes them with --yes, and says what it removes; done again, it has nothing to remove', async () => {
    const replaced = await run('--replace', '--yes');
    expect(replaced).toMatchObject({ code: 0, stderr: expect.stringContaining(WORDS) });
    expect(await ids()).toEqual([1, 4, 5, 6, 7]);
    const again = await run('--replace');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('already there') });
    expect(again.stderr).not.toContain('removes');
  });

  it('asks on a terminal, and takes no other answer than yes for one', async () => {
    for (const answer of ['y', 'no', '']) {
      expect(await onTerminal(answer)).toMatchObject({ code: 1, words: expect.stringContaining(WORDS) });
      expect(await ids()).toEqual([1, 2, 3, 4, 5, 6]);
    }
    expect(await onTerminal('yes')).toMatchObject({ code: 0, words: expect.stringContaining(': imported') });
    expect(await ids()).toEqual([1, 4, 5, 6, 7]);
  });

  it('does not ask if the source has every row as the target has it', async () => {
    await query(target, 'delete from collections where id in (2, 3, 5)');
    const replaced = await run('--replace');
    expect(replaced).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('removes 3 rows of collections from the target: the source has all of them'),
    });
  });
});
