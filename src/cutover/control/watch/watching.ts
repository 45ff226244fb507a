import type { Server } from 'node:http';
import type { Registry } from 'prom-client';
import { openEvents } from '../../events/open-events';
import type { EventLog, EventSink } from '../../events/event-log';
import type { EventsFile } from '../../events/events-file';
import type { ExchangeObserver } from '../../comparison/exchange-observer';
import type { Statistics } from '../../comparison/statistics';
import { VERSION } from '../../../version';
import { ClientCounters } from '../metrics/client-counters';
import { ExchangeCounters } from '../metrics/exchange-counters';
import { createMetrics } from '../metrics/metrics';
import { latestEvidence } from './kept-evidence';
import { StepRecorder } from './step-recorder';
import { Watcher, type WatchedGateway } from './watcher';

export interface WatchingOptions {
  /** The directory of the journal, in which `events.jsonl` lies. */
  readonly journal: string;
  /** Where event lines go besides. */
  readonly output: EventSink;
  /** Told of exchanges behind the counters. */
  readonly observer: ExchangeObserver;
  /** What the comparison has counted, of all phases. */
  readonly compared: () => Statistics;
  readonly isRefusal: (error: unknown) => boolean;
}

/**
 * Everything by which a gateway can be watched: events, status, metrics. It is made before the gateway, whose exchanges it counts,
 * and begins to look once there is one.
 */
export class Watching {
  readonly exchanges: ExchangeCounters;
  readonly events: EventLog;
  private readonly clients = new ClientCounters();
  private readonly file: EventsFile;
  private running: Running | undefined;

  private constructor(
    private readonly options: WatchingOptions,
    { log, file }: { readonly log: EventLog; readonly file: EventsFile },
  ) {
    this.events = log;
    this.file = file;
    this.exchanges = new ExchangeCounters(options.observer);
  }

  /** Nothing that becomes of the file of events keeps a gateway from starting. */
  static async open(options: WatchingOptions): Promise<Watching> {
    return new Watching(options, await openEvents(options.journal, options.output));
  }

  /** The gateway listens: tells of its start, and looks at it from now on. */
  start(gateway: WatchedGateway, server: Server): void {
    const { events, exchanges, clients, file } = this;
    const { compared, isRefusal } = this.options;
    const { phase, owner, place, evidence } = gateway.pulse;
    clients.watch(server);
    const watcher = new Watcher({ gateway, events, file, exchanges });
    const recorder = new StepRecorder({ gateway, events, isRefusal });
    const metrics = createMetrics({ gateway, events, file, exchanges, clients, compared, version: VERSION });
    this.running = { gateway, watcher, recorder, metrics };
    events.start({ phase, owner, place, evidence: evidence.count, version: VERSION });
    watcher.start();
  }

  /** Something may have turned: looks, behind whatever goes on now. Never throws. */
  look(): void {
    queueMicrotask(() => this.running?.watcher.look());
  }

  /** @param reason why the gateway stops */
  stopping(reason: string): void {
    this.tellStop('begun', reason);
  }

  /** The gateway has stopped: nothing is looked at any more. */
  stopped(reason: string): void {
    if (this.running === undefined) return;
    this.running.watcher.stop();
    this.running.recorder.stop();
    this.tellStop('ended', reason);
    this.file.close();
  }

  get now(): Running {
    if (this.running === undefined) throw new Error('Watching has not begun');
    return this.running;
  }

  private tellStop(step: 'begun' | 'ended', reason: string): void {
    if (this.running === undefined) return;
    const { phase, place } = this.running.gateway.pulse;
    this.events.stop({ step, phase, place, reason });
  }

  /** The latest pieces of evidence, with their requests. */
  evidence(): ReturnType<typeof latestEvidence> {
    return latestEvidence(this.now.gateway.pulse.evidence.file);
  }
}

interface Running {
  readonly gateway: WatchedGateway;
  readonly watcher: Watcher;
  readonly recorder: StepRecorder;
  readonly metrics: Registry;
}
