import { randomUUID } from 'node:crypto';
import { parseTarget, targetName, type Target } from '../../recordings/raw-http';
import { NO_OBSERVER, type ExchangeObserver } from '../comparison/exchange-observer';
import { NO_JUDGE, type PhaseJudge } from '../comparison/phase-judge';
import { ReadSampler } from '../comparison/reads/read-sampler';
import { RecentWrites } from '../comparison/reads/recent-writes';
import { SystemClock } from '../order/disk/system-clock';
import { Order } from '../order/order';
import { BLUE_LIMITS, BlueServer } from '../order/ports/blue-server';
import { FollowClient } from '../order/ports/follow-client';
import { GREEN_LIMITS, GreenServer } from '../order/ports/green-server';
import { Side, type SideLimits } from '../sides/side';
import { demandApi, isEmpty, WrongSide } from '../sides/side-check';
import { ownerIn } from '../traffic/phase';
import type { SideName } from '../traffic/side-name';
import { API_RULES } from './api-rules';
import { ClientServer, type ClientServerOptions } from './client-server';
import { demandFollowing } from './follow-check';
import { ForwardedHeaders } from './forwarded-headers';
import { Gateway } from './gateway';
import { EvidenceFile } from './kept/evidence-file';
import { KeptFacts } from './kept/gateway-facts';
import type { JournalFolder } from './kept/journal-folder';
import { Marks } from './marks';
import { OrderedWrites, PhaseReaders } from './order-paths';
import { ReadProxy, type ReadLimits } from './read-proxy';
import { RequestHandler, type RequestHandlerOptions } from './request-handler';
import { Steps } from './steps';
import { WriteRoom, type WriteRoomLimits } from './write-room';
import { AnswerPairs } from './watched/answer-pairs';
import { WatchedBlue } from './watched/watched-blue';
import { WatchedGreen } from './watched/watched-green';

export interface GatewayOptions extends ClientServerOptions, WriteRoomLimits, ReadLimits, RequestHandlerOptions {
  readonly blue: string;
  readonly green: string;
  /** Green's admin port, where it can be fed. */
  readonly greenAdmin: URL;
  readonly followToken: string;
  /** Milliseconds that a side may be silent within an answer. */
  readonly sideTimeout: number;
  /** Milliseconds that a side has to begin an answer. */
  readonly firstByteTimeout: number;
  /** Connections to each side for the reads of clients, but for those of readers that are slow. */
  readonly connections: number;
  /** The part of the reads that is compared, from 0 to 1. */
  readonly sample: number;
  /** What a row of blue's is compared as, for values that the import replaced. */
  readonly rowOfBlue?: (row: Buffer) => Buffer;
  /** So many writes may green lack and still answer reads of clients that did not make them. */
  readonly lagLimit: number;
  /** Peers whose X-Forwarded-* count. */
  readonly trustedProxies: readonly string[];
  /** Milliseconds that a client waits for the answer to a write. */
  readonly patience: number;
  /** Writes that the follower may lack, and bytes of journal that are kept for it. */
  readonly maxBehind: number;
  readonly journalLimit: number;
  readonly observer?: ExchangeObserver;
  readonly judge?: PhaseJudge;
  /** Is told when the follower has come into another state; it must not throw. */
  readonly onTurn?: () => void;
  /** Bytes of a journal segment. */
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 64 << 20;
/** Connections to each side for reads that are compared. */
const SAMPLE_CONNECTIONS = 4;
/** Writes without an outcome at once: more than the owner has under way, so that it never waits for the journal. */
const OPEN_WRITES = 512;

/**
 * Opens a gateway on a journal that this process holds already, and goes on in the phase of the last run. What that left open is
 * settled in the background; writes wait for it.
 *
 * @throws JournalError, JournalDamaged, WrongSide, TypeError for an address that is none; the folder is let go then
 */
export async function openGateway(folder: JournalFolder, options: GatewayOptions): Promise<Gateway> {
  try {
    return await open(folder, options);
  } catch (error) {
    await folder.unlock();
    throw error;
  }
}

async function open(folder: JournalFolder, options: GatewayOptions): Promise<Gateway> {
  const { observer = NO_OBSERVER, judge = NO_JUDGE, greenAdmin, followToken: token } = options;
  const targets = { blue: parseTarget(options.blue), green: parseTarget(options.green) };
  const [blue, green] = [targetName(targets.blue), targetName(targets.green)];
  if (blue === green) throw new WrongSide(`--blue and --green are both ${blue}: give the addresses of two servers.`);
  const { facts, isNew } = await KeptFacts.open(folder, { blue, green });
  const sides = sidesOf(targets, options);
  for (const side of Object.values(sides)) await demandApi(side, !isNew);
  const checked = new FollowClient(greenAdmin, token, GREEN_LIMITS);
  await demandFollowing(checked, { admin: greenAdmin, mayBeAway: !isNew });
  checked.close();
  await facts.update({});

  const blueServer = new BlueServer(sides.blue.url, { ...BLUE_LIMITS, ...blueLimits(options) });
  const greenServer = new GreenServer({ adminUrl: greenAdmin, token }, API_RULES);
  const pairs = new AnswerPairs(observer);
  const evidence = await EvidenceFile.open(folder.directory, facts, pairs);
  pairs.isApart = evidence.isApart.bind(evidence);
  // The watched ports ask the order whose turn it is; nothing is sent before it is there.
  const opened: { order?: Order } = {};
  const owner = (): SideName => ownerIn(opened.order?.phase ?? 'blue');
  const watch = { owner, pairs };
  const recent = new RecentWrites();
  const order = await Order.open(
    {
      disk: folder,
      clock: new SystemClock(),
      blue: new WatchedBlue(blueServer, watch),
      green: new WatchedGreen(greenServer, watch),
      rules: API_RULES,
      evidence,
      newName: randomUUID,
      listener: recent,
      ...(options.onTurn && { onTurn: options.onTurn }),
    },
    orderOptions(options),
  );
  opened.order = order;
  const { phase, percent } = order.status;
  judge.beginPhase(phase, phase === 'split' ? { percent } : {});
  const forwarded = new ForwardedHeaders(options.trustedProxies);
  const reads = new ReadProxy(observer, options);
  // Neither slow readers nor samples take the connections of anybody else.
  const samples = sidesOf(targets, options, SAMPLE_CONNECTIONS);
  const sampler = new ReadSampler(
    {
      sides: samples,
      recent,
      observer,
      now: () => ({ phase: order.phase, isFed: order.isFollowed }),
      // Only the old server forgets what it has.
      isWhole: async () => ownerIn(order.phase) === 'blue' || !(await isEmpty(samples.blue)) || isEmpty(samples.green),
      quiet: (milliseconds) => order.quiet(milliseconds),
      ...(options.rowOfBlue && { rowOfBlue: options.rowOfBlue }),
    },
    options.sample,
  );
  const handler = new RequestHandler(
    {
      writes: new OrderedWrites(order),
      readers: new PhaseReaders(order, options.lagLimit),
      sampler,
      sides,
      reads,
      room: new WriteRoom(options),
      forwarded,
      onFlood: () => clients.flooded(),
    },
    options,
  );
  const clients = new ClientServer(options, (client) => handler.handle(client));
  const steps = new Steps({ order, evidence, facts, judge });
  const marks = new Marks(order, evidence);
  const letGo = () => {
    sampler.stop();
    reads.close();
    blueServer.close();
    greenServer.close();
    for (const side of [...Object.values(sides), ...Object.values(samples)]) side.close();
  };
  const { directory } = folder;
  return new Gateway({ order, evidence, facts, judge, directory, steps, marks, clients, sampler, letGo });
}

function sidesOf(
  targets: Record<SideName, Target>,
  { sideTimeout, firstByteTimeout, ...options }: GatewayOptions,
  connections = options.connections,
): Record<SideName, Side> {
  const limits: SideLimits = { connections, answer: sideTimeout, firstByte: firstByteTimeout };
  const side = (name: SideName) => new Side(name, new URL(`http://${targetName(targets[name])}`), limits);
  return { blue: side('blue'), green: side('green') };
}

function blueLimits({ bodyLimit, firstByteTimeout, sideTimeout }: GatewayOptions) {
  return { largestRequest: bodyLimit, firstByte: firstByteTimeout, silence: sideTimeout };
}

function orderOptions(options: GatewayOptions) {
  const { pendingWrites, pendingBytes, patience, maxBehind, journalLimit, segmentBytes = SEGMENT_BYTES } = options;
  return {
    waitingWrites: pendingWrites,
    waitingBytes: pendingBytes,
    openWrites: OPEN_WRITES,
    patience,
    segmentBytes,
    maxBehind,
    journalLimit,
  };
}
