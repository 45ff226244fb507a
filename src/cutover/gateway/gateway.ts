import type { PhaseJudge } from '../comparison/phase-judge';
import type { ReadSampler } from '../comparison/reads/read-sampler';
import type { SampleCounts } from '../comparison/reads/sampled-read';
import type { Order } from '../order/order';
import type { PhaseName } from '../traffic/phase';
import type { ClientServer } from './client-server';
import { gatewayPulse, gatewayStatus, type GatewayPulse, type GatewayStatus, type StatusParts } from './gateway-status';
import type { Marks } from './marks';
import type { Steps } from './steps';

export interface GatewayParts extends Omit<StatusParts, 'since'> {
  readonly order: Order;
  readonly judge: PhaseJudge;
  readonly steps: Steps;
  readonly marks: Marks;
  /** Not listening yet. */
  readonly clients: ClientServer;
  readonly sampler: ReadSampler;
  /** Lets the sides' connections go. */
  readonly letGo: () => void;
}

/** The reverse proxy in front of both sides, with the order that keeps them equal. */
export class Gateway {
  private readonly since = new Date();

  constructor(private readonly parts: GatewayParts) {}

  get clients(): ClientServer {
    return this.parts.clients;
  }

  get phases(): Steps {
    return this.parts.steps;
  }

  get marks(): Marks {
    return this.parts.marks;
  }

  get phase(): PhaseName {
    return this.parts.order.phase;
  }

  /** Reads that were chosen for a comparison since the start, and what became of them. */
  get samples(): Readonly<SampleCounts> {
    return this.parts.sampler.counts;
  }

  /** Writes that the follower lacks; null while it is not fed. */
  get followerLag(): number | null {
    const { order } = this.parts;
    return order.isFollowed ? order.behind : null;
  }

  get status(): GatewayStatus {
    return gatewayStatus({ ...this.parts, since: this.since });
  }

  /** The part of it that costs nothing. */
  get pulse(): GatewayPulse {
    return gatewayPulse({ ...this.parts, since: this.since });
  }

  /** Makes the follower equal to the owner, from its rows: for one that the journal cannot bring level. @throws OrderRefused */
  rebuildFollower(): Promise<void> {
    return this.parts.order.rebuildFollower();
  }

  /** Takes no more requests, finishes those under way, and closes the journal. */
  async close(): Promise<void> {
    const { clients, order, marks, letGo } = this.parts;
    await clients.close();
    marks.stop();
    await order.close();
    letGo();
  }
}
