import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useCluster } from '../../support/clusters';
import { query } from '../../../harness/postgres-cluster';
import { runCutover } from '../../../harness/cutover-program';

describe('waste-cutover import used wrongly', () => {
  const cluster = useCluster();
  let target: string;
  beforeEach(async () => {
    target = await cluster().createDatabase();
  });
  const run = (...args: string[]) => runCutover(['import', ...args], { DATABASE_URL: target });

  it.each([
    ['without a source', [], 'say where the data is'],
    ['with a path in the address', ['--from', 'http://127.0.0.1:1/api'], 'http://host:port'],
    ['with a rule of another form', ['--from', 'http://x', '--map', 'cardboard'], 'field:from=to'],
    ['with a rule to an unknown value', ['--from', 'http://x', '--map', 'unit:bags=sacks'], 'one of kg, tons, liters'],
    ['with a rule for a known value', ['--from', 'http://x', '--map', 'unit:kg=tons'], 'that the new API keeps'],
    ['with a rule for a text', ['--from', 'http://x', '--map', 'location:a=b'], 'has no fixed values'],
    ['with a next id that is none', ['--from', 'http://x', '--next-id', '0'], 'whole number from 1 on'],
    ['with a probe of a file', ['--file', 'x', '--probe'], 'add --from URL'],
    ['with probe and next id', ['--from', 'http://x', '--probe', '--next-id', '4'], 'not both'],
    ['with an unknown resource', ['--from', 'http://x', '--only', 'bins'], 'one of collections, locations'],
    ['with an unknown option', ['--form', 'http://x'], "unknown option '--form'"],
  ])('%s ends with 2', async (_, args, message) => {
    expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('ends with 2 without a target, and with 1 if that is away', async () => {
    const nowhere = await runCutover(['import', '--from', 'http://x']);
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('set DATABASE_URL') });
    const away = { DATABASE_URL: 'postgresql://me:hidden@127.0.0.1:47199/none' };
    const { code, stderr } = await runCutover(['import', '--from', 'http://x'], away);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('the database of DATABASE_URL') });
    expect(stderr).not.toContain('hidden');
  });

  it('ends with 1 at an address that nobody or somebody else has', async () => {
    const nobody = await run('--from', 'http://127.0.0.1:47198');
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be reached') });
    const other = createServer((_, response) => response.end('<html></html>'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const somebody = await run('--from', `http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    expect(somebody).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('address of a waste-collection API?'),
    });
    other.close();
    other.closeAllConnections();
    const rows = 'select (select count(*) from collections) + (select count(*) from id_counters) as count';
    expect(await query(target, rows)).toEqual([{ count: '0' }]);
  });

  it('reads a backup as Windows PowerShell saves it, and says what is wrong with another encoding', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'import-'));
    const file = join(directory, 'backup.json');
    const row = '{"id":3,"name":"Müll","address":"b","latitude":1,"longitude":2,"zone":"c"}';
    const marked = Buffer.from(`\ufeff[${row}]\r\n`, 'utf16le');
    for (const bytes of [marked, Buffer.from(`\ufeff[${row}]\n`)]) {
      await writeFile(file, bytes);
      expect(await run('--file', `locations=${file}`)).toMatchObject({ code: 0 });
      expect(await query(target, 'select id, name from locations')).toEqual([{ id: '3', name: 'Müll' }]);
    }
    await writeFile(file, marked.subarray(2));
    expect(await run('--file', `locations=${file}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is neither UTF-8 nor UTF-16 with a byte order mark: save it as UTF-8'),
    });
    await writeFile(file, Buffer.from(`[${row}]`, 'latin1'));
    expect(await run('--file', `locations=${file}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it is not UTF-8'),
    });
    await rm(directory, { recursive: true });
  });

  it('explains itself', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const word of [
      '--from',
      '--file',
      '--probe',
      '--next-id',
      '--map',
      '--replace',
      'DATABASE_URL',
      'Exit codes',
    ]) {
      expect(stdout).toContain(word);
    }
  });
});
