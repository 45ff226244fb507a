import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readlink, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeAsRoot } from '../../support/describe-with';
import { isServed, Scratch } from './scratch';
import { query } from '../../../harness/postgres-cluster';

const idOf = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
const NOBODY = { uid: idOf('-u'), gid: idOf('-g') };
/** A user without an account: what a container's `user: 12345` gives. */
const STRANGER = { uid: 12_345, gid: 12_345 };

describe('the user that the embedded server runs as', () => {
  let scratch: Scratch;
  let dataDir: string;

  beforeEach(async () => {
    scratch = await Scratch.make();
    dataDir = scratch.path('data');
  });
  afterEach(() => scratch.cleanUp());

  test('is never root', async () => {
    await scratch.start(dataDir);
    const { uid } = await stat(`${dataDir}/postgres`);
    expect(uid).not.toBe(0);
    if (process.getuid?.() !== 0) expect(uid).toBe(process.getuid?.());
  });

  describeAsRoot('that root starts', () => {
    test("for root, is an account that cannot see root's home: the cluster lies elsewhere, and stays there", async () => {
      await chmod(scratch.directory, 0o700);
      const server = await scratch.start(dataDir);
      const cluster = await readlink(`${dataDir}/postgres`);
      try {
        expect(cluster).toMatch(/^\/var\/lib\/waste-collection-api\/[0-9a-f]+\/postgres$/);
        expect(scratch.messages.join()).toMatch(`${dataDir}/postgres is a link to it`);
        await query(server.connectionString, 'create table kept as select 1 as n');
        await server.stop();

        const again = await scratch.start(dataDir);
        expect(await readlink(`${dataDir}/postgres`)).toBe(cluster);
        expect(await query(again.connectionString, 'select n from kept')).toEqual([{ n: 1 }]);
        await again.stop();
      } finally {
        await rm(dirname(cluster), { recursive: true, force: true });
        // Of its parent only what this test has made.
        await rmdir(dirname(dirname(cluster))).catch(() => undefined);
      }
    });

    test('for a normal user, is that user; for root afterwards, still is', async () => {
      await mkdir(dataDir);
      await chown(dataDir, NOBODY.uid, NOBODY.gid);
      const owner = scratch.own(dataDir, { user: [NOBODY.uid, NOBODY.gid] });
      const url = String((await owner.next()).url);
      await query(url, 'create table kept as select 1 as n');
      expect(await stat(`${dataDir}/postgres`)).toMatchObject(NOBODY);
      owner.process.kill('SIGTERM');
      expect(await owner.next()).toEqual({ lastAnswer: 42 });
      expect(await isServed(dataDir, NOBODY.uid)).toBe(false);

      const server = await scratch.start(dataDir);
      expect(await query(server.connectionString, 'select n from kept')).toEqual([{ n: 1 }]);
      expect(await isServed(dataDir, NOBODY.uid)).toBe(true);
    });

    test("for a normal user, is not another cluster's owner", async () => {
      await (await scratch.start(dataDir)).stop();
      await chown(dataDir, NOBODY.uid, NOBODY.gid);
      const { refusal } = await scratch.own(dataDir, { user: [NOBODY.uid, NOBODY.gid] }).next();
      expect(refusal).toMatch(/belongs to the user with uid \d+ and this process runs with uid \d+: start the API as/);
    });

    test('is not one without a name, which initdb refuses', async () => {
      await mkdir(dataDir);
      await chown(dataDir, STRANGER.uid, STRANGER.gid);
      const { refusal } = await scratch.own(dataDir, { user: [STRANGER.uid, STRANGER.gid] }).next();
      expect(refusal).toMatch(/could not look up effective user ID 12345.* \(give the user a line in \/etc\/passwd, /);
    });
  });
});
