import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../harness/free-port';
import { journalDirectory } from '../../../harness/journal-directory';
import { startReference, type Reference } from '../../../harness/reference';
import { ServerProcess } from '../../../harness/server-process';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { OrderProgram, type OrderPlace } from './order-program';
import { Writers } from './writers';

const CLIENTS = 8;
/** Milliseconds of silence after which a side is away here. */
const DEADLINE = 3000;

describeWithReference('an order on real parts', () => {
  const cluster = useCluster();
  let blue: Reference;
  let green: ServerProcess;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let place: OrderPlace;
  let greenEnvironment: Record<string, string>;
  let order: OrderProgram | undefined;
  let writers: Writers;

  beforeEach(async () => {
    const token = randomUUID();
    const [port, adminPort] = [String(await freePort()), String(await freePort())];
    const database = await cluster().createDatabase();
    greenEnvironment = { DATABASE_URL: database, FOLLOW_TOKEN: token, PORT: port, ADMIN_PORT: adminPort };
    [blue, green, journal] = await Promise.all([
      startReference(),
      ServerProcess.start(greenEnvironment),
      journalDirectory(),
    ]);
    const greenAdmin = green.adminUrl;
    place = { directory: journal.path, blue: blue.url, greenAdmin, token, deadline: DEADLINE };
    order = await OrderProgram.start(place);
    writers = new Writers(() => order);
  });
  afterEach(async () => {
    await writers.stop();
    await order?.kill();
    blue.server.child.kill('SIGCONT');
    green.child.kill('SIGCONT');
    await Promise.all([blue.stop(), green.kill()]);
    await journal.remove();
  });

  const now = () => order!;

  async function restartOrder(): Promise<void> {
    await now().kill();
    order = undefined;
    order = await OrderProgram.start(place);
  }

  async function inPhase(phase: 'shadow' | 'green'): Promise<void> {
    await now().import();
    await now().phase('shadow');
    if (phase === 'shadow') return;
    await now().level();
    await now().phase('green');
  }

  const rowsOf = async (url: string) => (await fetch(`${url}/api/collections`)).text();

  /** Both sides are level, hold the same bytes, and what clients were told. */
  async function expectRight(): Promise<void> {
    await writers.stop();
    await now().level();
    const [one, other] = [await rowsOf(blue.url), await rowsOf(green.url)];
    expect(one).toBe(other);
    expect(writers.wrongIn(JSON.parse(one) as { id: number; location: string }[])).toEqual([]);
    // The next ids are the same, too: whoever owns the writes, the other one agrees.
    const create = { resource: 'collections', verb: 'create', id: null } as const;
    const last = await now().write(
      create,
      '{"location":"last","waste_type":"paper","quantity":1,"unit":"kg","collected_date":"2024-01-15T10:30:00"}',
    );
    expect(last).toMatchObject({ kind: 'answer', status: 200 });
    await now().level();
    expect(await rowsOf(blue.url)).toBe(await rowsOf(green.url));
  }

  it('goes through a whole cutover and back while clients write', async () => {
    writers.start(CLIENTS);
    await writers.more(50);
    await now().import();
    await writers.more(50);
    for (const phase of ['shadow', 'split', 'green', 'shadow', 'green'] as const) {
      await now().phase(phase, phase === 'split' ? { percent: 50 } : {});
      await writers.more(50);
      await now().until(({ follower }) => follower === 'level', 'level');
    }
    await expectRight();
    await now().phase('blue');
    expect(await now().status()).toMatchObject({ phase: 'blue', follower: 'off' });
    expect(writers.refused).toBe(0);
  });

  it.each(['shadow', 'green'] as const)(
    'is killed amid writes in phase %s, and nothing is lost or doubled',
    async (phase) => {
      await inPhase(phase);
      writers.start(CLIENTS);
      for (let times = 0; times < 3; times++) {
        await writers.more(60);
        await restartOrder();
      }
      await writers.more(60);
      await expectRight();
    },
  );

  it.each(['shadow', 'green'] as const)('outlives a kill of green in phase %s', async (phase) => {
    await inPhase(phase);
    writers.start(CLIENTS);
    await writers.more(60);
    await green.kill();
    if (phase === 'shadow') await writers.more(60);
    await now().until(({ follower, ownerTrouble }) => follower === 'away' || ownerTrouble !== undefined, 'away');
    green = await ServerProcess.start(greenEnvironment);
    await writers.more(60);
    await expectRight();
  });

  it('rebuilds a blue that was restarted, and so is empty, while green owns the writes', async () => {
    await inPhase('green');
    writers.start(CLIENTS);
    await writers.more(60);
    const { port } = new URL(blue.url);
    await blue.stop();
    await writers.more(60);
    blue = await startReference({ port: Number(port) });
    await writers.more(60);
    await expectRight();
  });

  it('halts the follower of a blue that lost its data', async () => {
    await inPhase('shadow');
    writers.start(CLIENTS);
    await writers.more(60);
    await now()
      .level()
      .catch(() => undefined);
    const { port } = new URL(blue.url);
    await blue.stop();
    blue = await startReference({ port: Number(port) });
    const { reason } = await now().until(({ follower }) => follower === 'halted', 'halted');
    expect(reason).toContain('lost its data');
    await writers.stop();
    expect((JSON.parse(await rowsOf(green.url)) as unknown[]).length).toBeGreaterThan(0);
  });

  it('says that blue is away when it stands still, and goes on when it does', async () => {
    await inPhase('shadow');
    writers.start(CLIENTS);
    await writers.more(60);
    blue.server.child.kill('SIGSTOP');
    const { ownerTrouble } = await now().until((status) => status.ownerTrouble !== undefined, 'away');
    expect(ownerTrouble).toMatch(/silent|no answer|no connection/);
    blue.server.child.kill('SIGCONT');
    await writers.more(60);
    await expectRight();
  });

  it('gives the writes back to blue when green stands still, once what it has not answered is given up', async () => {
    await inPhase('green');
    writers.start(CLIENTS);
    await writers.more(60);
    green.child.kill('SIGSTOP');
    const stuck = await now().until((status) => status.ownerTrouble !== undefined && status.unanswered > 0, 'away');
    await expect(now().phase('shadow')).rejects.toThrow(`--abandon-unanswered ${stuck.unanswered}`);
    await now().phase('shadow', { abandonUnanswered: (await now().status()).unanswered });
    await writers.more(60);
    green.child.kill('SIGCONT');
    await expectRight();
  });

  it('ends by itself when it is closed, and goes on later', async () => {
    await inPhase('shadow');
    writers.start(CLIENTS);
    await writers.more(60);
    blue.server.child.kill('SIGSTOP');
    await now().until((status) => status.ownerTrouble !== undefined, 'away');
    blue.server.child.kill('SIGCONT');
    await writers.more(60);
    await writers.stop();
    expect(await now().end()).toBe(0);
    order = await OrderProgram.start(place);
    await expectRight();
  });

  it('refuses writes while the disk is full, and changes no answer', async () => {
    await now().kill();
    if (!mountedSmall(journal.path)) {
      process.stderr.write('NOT RUN: a small file system cannot be mounted here, which needs root: the full disk\n');
      return;
    }
    try {
      order = await OrderProgram.start(place);
      await inPhase('shadow');
      writers.start(CLIENTS);
      await writers.more(60);
      const { bavail, bsize } = await statfs(journal.path);
      const filler = join(journal.path, 'filler');
      await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
      await now().until(({ journalTrouble }) => journalTrouble !== undefined, 'full');
      const before = writers.refused;
      while (writers.refused < before + 20) await sleep(50);
      await rm(filler);
      await writers.more(60);
      await expectRight();
    } finally {
      await writers.stop();
      await order?.kill();
      execFileSync('umount', [journal.path]);
    }
  });
});

function mountedSmall(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
