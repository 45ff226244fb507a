import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLock } from './directory-lock';

const PURPOSE = {
  program: 'waste-collection-api-test',
  refusal: (directory: string, holder: string) => new Error(`${directory}: ${holder}`),
};

describe.each(process.platform === 'linux' ? (['linux', 'darwin'] as const) : ([process.platform] as const))(
  'DirectoryLock as on %s',
  (platform) => {
    let directory: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'lock-'));
    });
    afterEach(() => rm(directory, { recursive: true }));

    test('is held by one at a time, who can be named', async () => {
      const lock = await DirectoryLock.acquire(directory, PURPOSE, platform);
      await expect(DirectoryLock.acquire(directory, PURPOSE, platform)).rejects.toThrow(
        `${directory}: process ${process.pid}, running since`,
      );
      await lock.release();
      await (await DirectoryLock.acquire(directory, PURPOSE, platform)).release();
    });

    test('of another directory is another lock', async () => {
      const lock = await DirectoryLock.acquire(directory, PURPOSE, platform);
      const other = await DirectoryLock.acquire(tmpdir(), PURPOSE, platform);
      await Promise.all([lock.release(), other.release()]);
    });

    test('is had by exactly one of several who ask at once', async () => {
      const asked = await Promise.allSettled(
        [1, 2, 3, 4].map(() => DirectoryLock.acquire(directory, PURPOSE, platform)),
      );
      const locks = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(locks).toHaveLength(1);
      await locks[0]?.release();
    });

    test('ends with its holder, however that ends', async () => {
      const lock = await DirectoryLock.acquire(directory, PURPOSE, platform);
      const { address } = lock;
      await lock.release();
      const script = `require('node:net').createServer().listen(${JSON.stringify(address)}, () => console.log('held'))`;
      const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(holder.stdout, 'data');
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      await (await DirectoryLock.acquire(directory, PURPOSE, platform)).release();
    });

    test('is not kept by one who asks and never goes away', async () => {
      const lock = await DirectoryLock.acquire(directory, PURPOSE, platform);
      const visitor = connect({ path: lock.address, allowHalfOpen: true });
      await once(visitor, 'connect');
      await lock.release();
      visitor.destroy();
    });
  },
);
