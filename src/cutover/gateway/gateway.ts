import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseTarget, targetName, type Target } from '../../recordings/raw-http';
import { Journal } from '../journal/journal';
import { JournalError } from '../journal/journal-error';
import { readState, type GatewayState } from '../journal/state-file';
import { WriteLog } from '../journal/write-log';
import { ownerIn, type PhaseName } from '../traffic/phase';
import { ImportMarks } from './import-marks';
import { NO_JUDGE, type PhaseJudge } from '../comparison/phase-judge';
import { PhaseSwitch } from './phase-switch';
import type { SideName } from '../traffic/side-name';
import { gatewayStatus, type GatewayStatus } from './gateway-status';
import { createClientServer, type ClientServerOptions } from './client-server';
import { Evidence } from '../journal/evidence';
import { NO_OBSERVER, type ExchangeObserver } from '../comparison/exchange-observer';
import { FollowerKeeper } from '../follower/follower-keeper';
import { ForwardedHeaders } from './forwarded-headers';
import { WriteHold } from '../traffic/write-hold';
import { OrderContext } from '../owner/order-context';
import { NextIds } from '../traffic/next-ids';
import { OwnerWrites, type OwnerWritesLimits } from '../owner/owner-writes';
import { ReadProxy } from './read-proxy';
import { RequestHandler, type RequestHandlerOptions } from './request-handler';
import { Settlement } from '../owner/settlement';
import { Side } from '../sides/side';
import { demandApi, WrongSide } from '../sides/side-check';
import { SideReader } from '../sides/side-reader';
import { OwnWrites } from './split';
import { quietMoments } from './quiet-moment';
import { ReadSampler } from '../comparison/reads/read-sampler';
import type { SampleCounts } from '../comparison/reads/sampled-read';
import { RecentWrites } from '../comparison/reads/recent-writes';

export interface GatewayOptions extends ClientServerOptions, OwnerWritesLimits, RequestHandlerOptions {
  readonly blue: string;
  readonly green: string;
  /** The directory of the journal. */
  readonly journal: string;
  /** Milliseconds that a side has to answer. */
  readonly sideTimeout: number;
  /** Connections to each side. */
  readonly connections: number;
  /** Peers whose X-Forwarded-* count. */
  readonly trustedProxies: readonly string[];
  readonly observer?: ExchangeObserver;
  readonly judge?: PhaseJudge;
  /** The part of the reads that is compared, from 0 to 1. */
  readonly sample: number;
  /** What a row of blue's is compared as, for values that the import replaced. */
  readonly rowOfBlue?: (row: Buffer) => Buffer;
  /** Bytes of a journal segment. */
  readonly segmentBytes?: number;
}

/** Milliseconds between two looks at what of the journal is not needed any more. */
const TIDY_INTERVAL = 2000;
const SETTLING_TIME = 500;

/** The reverse proxy in front of both sides, with everything that keeps them in step. */
export class Gateway {
  private readonly tidying: NodeJS.Timeout;
  private recovering: Promise<void> = Promise.resolve();
  readonly since = new Date();

  private constructor(
    private readonly context: OrderContext,
    private readonly writes: OwnerWrites,
    readonly keeper: FollowerKeeper,
    readonly phases: PhaseSwitch,
    readonly marks: ImportMarks,
    private readonly judge: PhaseJudge,
    private readonly sampler: ReadSampler,
    /** Not listening yet. */
    readonly server: Server,
  ) {
    this.tidying = setInterval(() => void this.tidy().catch(() => undefined), TIDY_INTERVAL).unref();
  }

  /**
   * Opens the journal, settles in the background what the last run left open (writes wait for it), and goes on in the
   * phase of the last run.
   *
   * @throws JournalError, WrongSide, TypeError for an address that is none
   */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const targets = { blue: parseTarget(options.blue), green: parseTarget(options.green) };
    const kept = await readState(options.journal);
    demandAddresses(targets, kept);
    const sides = sidesOf(targets, options);
    for (const side of Object.values(sides)) await demandApi(side, kept !== undefined);
    const state = kept ?? newState(targets);
    // An import that the last run did not see completed.
    if (state.mark === null) state.followedTo = null;
    const ids = new NextIds(state.ids);
    const recent = new RecentWrites();
    const log = new WriteLog(ids, state, recent);
    const segments = options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes };
    const journal = await Journal.open(options.journal, (record) => log.recover(record), segments);
    log.begin(journal);
    const evidence = new Evidence(options.journal);
    const { observer = NO_OBSERVER, judge = NO_JUDGE } = options;
    judge.beginPhase(state.phase, state.phase === 'split' ? { percent: state.percent } : {});
    const reader = new SideReader(sides, ids);
    const hold = new WriteHold();
    const parts = { sides, journal, log, hold, ids, reader, evidence, observer };
    const context = new OrderContext(parts, state);
    const keeper = new FollowerKeeper(context);
    const settlement = new Settlement(reader, ids);
    const onAnswer = keeper.hold.bind(keeper);
    const onOwnerLost = keeper.halt.bind(keeper);
    const writes = new OwnerWrites({ ...parts, settlement, onAnswer, onOwnerLost }, options);
    const forwarded = new ForwardedHeaders(options.trustedProxies);
    const reads = new ReadProxy(observer);
    const now = () => ({ phase: state.phase, isFed: keeper.state === 'level' || keeper.state === 'catching up' });
    // Only the old server forgets what it has.
    const isWhole = async () =>
      keeper.side === 'green' || !(await reader.isEmpty('blue')) || (await reader.isEmpty('green'));
    const quiet = quietMoments(context);
    const { rowOfBlue } = options;
    const sampler = new ReadSampler(
      { sides, recent, observer, now, isWhole, quiet, ...(rowOfBlue === undefined ? {} : { rowOfBlue }) },
      options.sample,
    );
    const handler = new RequestHandler(
      { context, keeper, writes, reads, sampler, ownWrites: new OwnWrites(log), forwarded },
      options,
    );
    const server = createClientServer(
      options,
      (request, response) => handler.handle(request, response),
      (request, socket) => handler.handleConnect(request, socket),
    );
    const gateway = new Gateway(
      context,
      writes,
      keeper,
      new PhaseSwitch(context, keeper, judge),
      new ImportMarks(context, keeper),
      judge,
      sampler,
      server,
    );
    await context.save();
    gateway.recovering = gateway.recover();
    return gateway;
  }

  get phase(): PhaseName {
    return this.context.state.phase;
  }

  /** Reads that were chosen for a comparison since the start, and what became of them. */
  get samples(): Readonly<SampleCounts> {
    return this.sampler.counts;
  }

  /** Writes that the follower lacks; null while it is not fed. */
  get followerLag(): number | null {
    const { state } = this.keeper;
    return state === 'level' || state === 'catching up' ? this.context.parts.log.behind : null;
  }

  get status(): GatewayStatus {
    return gatewayStatus(this.context, this.keeper, this.judge, this.since);
  }

  /** Makes the follower equal to the owner, from its rows: for a follower that the journal cannot bring level. */
  rebuildFollower(): Promise<void> {
    return this.keeper.rebuild();
  }

  /** Takes no more requests, finishes those under way, and closes the journal. */
  async close(): Promise<void> {
    const { parts } = this.context;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    // Connections in use are told to close with their answers.
    await closed;
    this.writes.stop();
    this.sampler.stop();
    clearInterval(this.tidying);
    await this.recovering;
    await this.keeper.stop();
    await this.context.save();
    await parts.journal.close();
    for (const side of Object.values(parts.sides)) side.close();
  }

  private async recover(): Promise<void> {
    const { log, hold } = this.context.parts;
    const release = hold.begin('the writes that the last run left open are settled');
    try {
      // What the last run sent must have arrived by now, or never will, before it is looked for.
      if (log.unanswered > 0) await sleep(SETTLING_TIME);
      for (const write of log.pending) await this.writes.recover(write);
      this.keeper.start();
      release();
    } catch (error) {
      // Only a stop ends the waiting; anything else keeps the writes closed and shows in the status.
      if (!(error instanceof Error && error.name === 'AbortError')) hold.begin(`recovery failed: ${String(error)}`);
    }
  }

  /** Removes the segments that both sides have. */
  private async tidy(): Promise<void> {
    const { journal, log } = this.context.parts;
    if (journal.segmentCount < 2) return;
    // What they say must be in the state before they go.
    const needed = log.firstNeeded;
    await this.context.save();
    await journal.dropBefore(needed);
  }
}

function sidesOf(
  targets: Record<SideName, Target>,
  { sideTimeout, connections }: GatewayOptions,
): Record<SideName, Side> {
  const limits = { connections, answer: sideTimeout };
  const side = (name: SideName) => new Side(name, new URL(`http://${targetName(targets[name])}`), limits);
  return { blue: side('blue'), green: side('green') };
}

function demandAddresses(targets: Record<SideName, Target>, kept: GatewayState | undefined): void {
  const [blue, green] = [targetName(targets.blue), targetName(targets.green)];
  if (blue === green) throw new WrongSide(`--blue and --green are both ${blue}: give the addresses of two servers.`);
  if (kept === undefined || (kept.blue === blue && kept.green === green)) return;
  throw new JournalError(
    `The journal belongs to blue ${kept.blue} and green ${kept.green}: start with these addresses, or with a --journal of its own. ` +
      `(It is in phase ${kept.phase}, where ${ownerIn(kept.phase)} owns the writes.)`,
  );
}

function newState(targets: Record<SideName, Target>): GatewayState {
  return {
    phase: 'blue',
    percent: 0,
    blue: targetName(targets.blue),
    green: targetName(targets.green),
    lastPlace: 0,
    followedTo: null,
    mark: null,
    markChecked: false,
    ids: { blue: {}, green: {} },
    acknowledged: 0,
    halted: null,
  };
}
