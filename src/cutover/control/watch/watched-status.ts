import type { GatewayEvent } from '../../events/event';
import type { GatewayStatus } from '../../gateway/gateway-status';
import type { SideName } from '../../traffic/side-name';
import type { WriteRates } from './rates';
import type { SideFacts } from './side-window';

/** What only shows over time. */
export interface WatchedFacts {
  /** When this was said, ISO 8601 in UTC. */
  readonly time: string;
  readonly uptimeSeconds: number;
  /** Writes a second that the owner and the follower take, counted over the last ten seconds. */
  readonly rates: WriteRates;
  /** Seconds until the follower has every write, if both sides go on as they do; null if it does not come nearer. */
  readonly etaSeconds: number | null;
  /** The last minute of both sides. */
  readonly sides: Readonly<Record<SideName, SideFacts>>;
  /** Why a person is needed; empty if nobody is. */
  readonly attention: readonly string[];
  /** The latest starts, stops, imports and steps between phases, the newest last. */
  readonly lastSteps: readonly GatewayEvent[];
}

export type WatchedStatus = GatewayStatus & WatchedFacts;
