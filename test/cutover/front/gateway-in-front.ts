import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from '../../../harness/gateway-process';
import { journalDirectory } from '../../../harness/journal-directory';
import { startReference, type Reference } from '../../../harness/reference';
import { aCollection } from '../../../harness/samples';
import { idleGreen, type IdleGreen } from '../support/idle-green';

/** The old server with rows of 50 KB, and the built gateway in front of it. */
export class GatewayInFront {
  private constructor(
    readonly blue: Reference,
    private readonly green: IdleGreen,
    readonly gateway: GatewayProcess,
    private readonly clean: () => Promise<void>,
  ) {}

  /** @param megabytes of the list of collections @param args further options of the gateway */
  static async start(megabytes: number, args: readonly string[]): Promise<GatewayInFront> {
    const folder = await mkdtemp(join(tmpdir(), 'front-'));
    const journal = await journalDirectory();
    const seedFile = join(folder, 'rows.jsonl');
    await writeFile(
      seedFile,
      `${JSON.stringify(aCollection({ location: 'x'.repeat(50_000) }))}\n`.repeat(megabytes * 20),
    );
    const [blue, green] = await Promise.all([startReference({ seedFile }), idleGreen()]);
    if (megabytes > 0) await blue.setRows(megabytes * 20);
    const gateway = new GatewayProcess(['--blue', blue.url, ...green.args, '--journal', journal.path, ...args]);
    await gateway.start();
    return new GatewayInFront(blue, green, gateway, async () => {
      await rm(folder, { recursive: true });
      await journal.remove();
    });
  }

  async stop(): Promise<void> {
    await this.gateway.kill();
    await this.blue.stop();
    this.green.stop();
    await this.clean();
  }

  /** A client that asks for the list and does not read. */
  async nonReader(): Promise<Socket> {
    const socket = connect(Number(new URL(this.gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((connected) => socket.once('connect', connected));
    socket.pause();
    socket.write('GET /api/collections HTTP/1.1\r\nHost: a\r\n\r\n');
    return socket;
  }

  /** Megabytes that the gateway's process has had in memory at most. */
  get peak(): number {
    const status = readFileSync(`/proc/${this.gateway.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }
}
