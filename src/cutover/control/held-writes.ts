import type { Command } from 'commander';
import { valued } from '../../command-line';
import { duration } from '../../settings/option-values';
import type { MarkPurpose, OpenMark } from '../gateway/marks';
import type { GatewayStatus } from '../gateway/gateway-status';
import { ControlClient, ControlError } from './control-client';
import { readToken, withToken, type TokenOptions } from './control-options';

/** The options of a verb that reads the sides while traffic flows. */
export interface GatewayReadOptions extends TokenOptions {
  /** The control port of a running gateway. */
  readonly gateway?: string;
  /** Milliseconds. */
  readonly hold: number;
}

/** Adds the options that find a running gateway, and say how long it may hold writes back. */
export function withGatewayRead(command: Command): Command {
  return withToken(
    command.option('--gateway <url>', 'while traffic flows: the control port of the running gateway'),
  ).addOption(
    valued('--hold <seconds>', 'how long the gateway may hold writes back for it, at most 600', duration, '60'),
  );
}

/** A place of the order at which a running gateway holds writes back, so that the sides can be read in one state. */
export class HeldWrites {
  private constructor(
    private readonly client: ControlClient,
    private readonly open: OpenMark,
    readonly status: GatewayStatus,
  ) {}

  /** @throws ControlError with the gateway's own sentence if it refuses, UsageError without a token */
  static async begin(purpose: MarkPurpose, { gateway = '', hold, ...token }: GatewayReadOptions): Promise<HeldWrites> {
    const client = new ControlClient(gateway, readToken(token));
    const open = (await client.post('/import-mark', { action: 'begin', purpose, seconds: hold / 1000 })) as OpenMark;
    return new HeldWrites(client, open, await client.status());
  }

  get place(): number {
    return this.open.place;
  }

  get blue(): URL {
    return new URL(`http://${this.status.blue}`);
  }

  get green(): URL {
    return new URL(`http://${this.status.green}`);
  }

  /** Everything was read: writes go on, and the mark waits to be ended. @throws ControlError if they did before */
  async release(): Promise<void> {
    await this.client.post('/import-mark', { action: 'release', mark: this.open.mark });
  }

  /** Everything is done: writes go on. @throws ControlError if they did before, so that what was read is of no one state */
  async end(input: object = {}): Promise<void> {
    await this.client.post('/import-mark', { action: 'end', mark: this.open.mark, ...input });
  }

  /** Writes go on as if nothing had been; a mark that has ended stays as it is. */
  async abandon(): Promise<void> {
    await this.client.post('/import-mark', { action: 'abandon', mark: this.open.mark }).catch((error: unknown) => {
      // It ends by itself.
      if (!(error instanceof ControlError)) throw error;
    });
  }
}
