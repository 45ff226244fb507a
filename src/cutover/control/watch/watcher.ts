import type { GatewayEvent } from '../../events/event';
import type { EventLog } from '../../events/event-log';
import type { EventsFile } from '../../events/events-file';
import type { GatewayPulse, GatewayStatus } from '../../gateway/gateway-status';
import { hasFollower } from '../../traffic/phase';
import type { ExchangeCounters } from '../metrics/exchange-counters';
import { attentionOf } from './attention';
import { latestEvidence } from './kept-evidence';
import { Rates } from './rates';
import { SideWindow } from './side-window';
import { Since } from './since';
import type { WatchedStatus } from './watched-status';

/** What is watched. `pulse` is asked five times a second, `status` every two seconds. */
export interface WatchedGateway {
  readonly pulse: GatewayPulse;
  readonly status: GatewayStatus;
}

export interface WatcherParts {
  readonly gateway: WatchedGateway;
  readonly events: EventLog;
  readonly file: EventsFile;
  readonly exchanges: ExchangeCounters;
}

/** Milliseconds between two looks, and between two looks at the gates. */
const INTERVAL = 200;
const GATES_INTERVAL = 2000;
const STEPS_SHOWN = 8;

/** Looks at a running gateway again and again, tells what has turned, and counts what only shows over time. */
export class Watcher {
  private readonly rates = new Rates();
  private readonly window: SideWindow;
  private readonly away = new Since();
  private readonly losing = new Since();
  private readonly ownerTrouble = new Since();
  private readonly started = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private gatesSeen = 0;
  private reading = false;

  constructor(private readonly parts: WatcherParts) {
    this.window = new SideWindow(parts.exchanges);
  }

  start(): void {
    this.timer ??= setInterval(() => this.look(), INTERVAL).unref();
    this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Looks now: what has turned since the last look is told. */
  look(): void {
    const now = performance.now();
    const { pulse } = this.parts.gateway;
    const { follower, behind, place } = pulse;
    this.parts.events.follower({ ...follower, reason: follower.trouble, behind, place });
    this.rates.take(pulse, now);
    this.window.take(now);
    this.away.look(follower.state === 'away', now);
    this.losing.look(behind > 0 && this.rates.etaSeconds(behind - pulse.unanswered) === null, now);
    this.ownerTrouble.look(pulse.ownerTrouble != null, now);
    this.lookAtEvidence(pulse);
    if (now - this.gatesSeen < GATES_INTERVAL) return;
    this.gatesSeen = now;
    this.parts.file.flush();
    if (hasFollower(pulse.phase)) this.lookAtGates();
  }

  /** The status with what only shows over time. */
  get status(): WatchedStatus {
    const now = performance.now();
    const { gateway, events, file } = this.parts;
    const { status } = gateway;
    const steps = events.recent.filter(({ event }) => STEPS.has(event));
    const lastStep = steps.findLast((event) => 'result' in event && event.result === 'done' && 'to' in event);
    const latest = steps.at(-1);
    const isStuck = latest?.event === 'automatic-return' && latest.result !== 'done';
    return {
      ...status,
      time: new Date().toISOString(),
      uptimeSeconds: Math.floor((now - this.started) / 1000),
      rates: this.rates.now,
      etaSeconds: status.followedTo === null ? null : this.rates.etaSeconds(status.behind - status.unanswered),
      sides: this.window.facts(now),
      attention: attentionOf({
        pulse: status,
        gates: status.gates,
        away: this.away.seconds(now),
        losing: this.losing.seconds(now),
        ownerTrouble: this.ownerTrouble.seconds(now),
        lastStep,
        stuckReturn: isStuck ? latest : undefined,
        unwritten: file.waitingCount + file.lost,
      }),
      lastSteps: steps.slice(-STEPS_SHOWN),
    };
  }

  private lookAtGates(): void {
    const { gateway, events } = this.parts;
    const { phase, gates } = gateway.status;
    for (const { gate, verdict, reason } of gates.gates) events.gate({ gate, verdict, reason, phase });
  }

  private lookAtEvidence({ evidence: { count, file } }: GatewayPulse): void {
    const { events } = this.parts;
    if (!events.isNews(count) || this.reading) return;
    this.reading = true;
    void latestEvidence(file, 1)
      .then(([piece]) => {
        const latest = piece === undefined ? undefined : { ...piece, place: piece.place ?? 0 };
        events.evidence({ count, file, ...(latest && { latest }) });
      })
      .finally(() => (this.reading = false));
  }
}

const STEPS: ReadonlySet<GatewayEvent['event']> = new Set(['start', 'stop', 'phase', 'automatic-return', 'import']);
