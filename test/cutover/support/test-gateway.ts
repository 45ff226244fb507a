import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Gateway } from '../../../src/cutover/gateway/gateway';
import { JournalFolder } from '../../../src/cutover/gateway/kept/journal-folder';
import { openGateway, type GatewayOptions } from '../../../src/cutover/gateway/open-gateway';
import { FOLLOW_TOKEN } from '../../../harness/gateway-process';
import { eventually } from '../../../harness/eventually';

export interface TestOptions extends GatewayOptions {
  /** The directory of the journal. */
  readonly journal: string;
}

/** Options as the verb gives them, with short times. */
export function gatewayOptions(blue: string, green: { url: string; adminUrl: string }, journal: string): TestOptions {
  return {
    blue,
    green: green.url,
    greenAdmin: new URL(green.adminUrl),
    followToken: FOLLOW_TOKEN,
    journal,
    maxBehind: 100_000,
    journalLimit: 1 << 30,
    segmentBytes: 1 << 20,
    stickyBy: { kind: 'header', name: 'x-client' },
    sample: 1,
    lagLimit: 100,
    sideTimeout: 2000,
    firstByteTimeout: 2000,
    patience: 15_000,
    connections: 64,
    slowReaders: 64,
    pendingWrites: 1000,
    pendingBytes: 64 << 20,
    bodyLimit: 1 << 20,
    headLimit: 1 << 16,
    requestTimeout: 30_000,
    keepAlive: 5000,
    trustedProxies: ['127.0.0.1'],
  };
}

/** A gateway in this process, on a free port. */
export class TestGateway {
  private constructor(
    readonly gateway: Gateway,
    readonly url: string,
    readonly options: TestOptions,
  ) {}

  static async start(options: TestOptions): Promise<TestGateway> {
    const gateway = await openGateway(await JournalFolder.take(options.journal), options);
    gateway.clients.server.listen(0, '127.0.0.1');
    await once(gateway.clients.server, 'listening');
    const { port } = gateway.clients.server.address() as AddressInfo;
    return new TestGateway(gateway, `http://127.0.0.1:${port}`, options);
  }

  /** Takes a place for a copy, has it made, and goes to shadow. */
  async shadow(copy: () => Promise<void> | void = () => undefined): Promise<void> {
    const { mark } = await this.gateway.marks.begin('import');
    await copy();
    await this.gateway.marks.end(mark);
    await this.gateway.phases.change('shadow');
  }

  /** Waits until the follower has every write. */
  async level(): Promise<void> {
    await eventually(() => {
      const { behind, follower } = this.gateway.status;
      if (behind > 0 || follower.state !== 'level') throw new Error(JSON.stringify(this.gateway.status));
    });
  }

  async close(): Promise<void> {
    this.gateway.clients.cutOff();
    await this.gateway.close();
  }
}
