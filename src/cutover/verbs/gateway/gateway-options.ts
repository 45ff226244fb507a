import { isIP } from 'node:net';
import { parseTarget } from '../../../recordings/raw-http';
import { UsageError } from '../../../command-line';
import { messageOf } from '../../cutover-error';
import type { GatewayOptions } from '../../gateway/gateway';
import { parseStickyBy } from '../../gateway/split';

/** The options of the verb as commander delivers them. */
export interface GatewayArguments {
  readonly blue: string;
  readonly green: string;
  readonly journal: string;
  readonly host: string;
  readonly port: string;
  readonly controlHost: string;
  readonly controlPort: string;
  readonly stickyBy: string;
  readonly sample: string;
  readonly lagLimit: string;
  readonly sideTimeout: string;
  readonly patience: string;
  readonly connections: string;
  readonly pendingWrites: string;
  readonly bodyLimit: string;
  readonly headLimit: string;
  readonly requestTimeout: string;
  readonly keepAlive: string;
  readonly trustedProxies: string;
  readonly tokenFile?: string;
}

/** Where the gateway listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly controlHost: string;
  readonly controlPort: number;
}

/** @throws UsageError naming the first option that cannot be used */
export function readGatewayOptions(given: GatewayArguments): GatewayOptions {
  return {
    blue: server('blue', given.blue),
    green: server('green', given.green),
    journal: given.journal,
    stickyBy: guarded('sticky-by', () => parseStickyBy(given.stickyBy)),
    sample: between('sample', given.sample, 0, 1),
    lagLimit: whole('lag-limit', given.lagLimit, 0, 1_000_000),
    sideTimeout: seconds('side-timeout', given.sideTimeout),
    patience: seconds('patience', given.patience),
    connections: whole('connections', given.connections, 1, 10_000),
    pendingWrites: whole('pending-writes', given.pendingWrites, 1, 1_000_000),
    bodyLimit: whole('body-limit', given.bodyLimit, 1024, 1 << 30),
    headLimit: whole('head-limit', given.headLimit, 1024, 1 << 24),
    requestTimeout: seconds('request-timeout', given.requestTimeout),
    keepAlive: seconds('keep-alive', given.keepAlive),
    trustedProxies: addresses(given.trustedProxies),
  };
}

/** @throws UsageError for a port that is none, or a control port that others could reach */
export function readListening({ host, port, controlHost, controlPort }: GatewayArguments): Listening {
  if (!['127.0.0.1', '::1', 'localhost'].includes(controlHost)) {
    throw new UsageError(`--control-host ${controlHost} can be reached by others: use 127.0.0.1, ::1 or localhost`);
  }
  return {
    host,
    port: whole('port', port, 0, 65_535),
    controlHost,
    controlPort: whole('control-port', controlPort, 0, 65_535),
  };
}

function server(option: string, url: string): string {
  guarded(option, () => parseTarget(url));
  return url;
}

function guarded<Value>(option: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`--${option}: ${messageOf(error)}`);
  }
}

function between(option: string, text: string, low: number, high: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= low && value <= high) return value;
  throw new UsageError(`--${option} is "${text}": give a number from ${low} to ${high}`);
}

function whole(option: string, text: string, low: number, high: number): number {
  const value = between(option, text, low, high);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`--${option} is "${text}": give a whole number from ${low} to ${high}`);
}

/** In milliseconds. */
function seconds(option: string, text: string): number {
  const value = between(option, text, 0, 86_400);
  if (value > 0) return Math.ceil(value * 1000);
  throw new UsageError(`--${option} is "${text}": give a number of seconds above 0`);
}

function addresses(text: string): string[] {
  const list = text.split(',').map((entry) => entry.trim());
  const wrong = list.find(
    (entry) => entry !== '*' && (isIP(entry.split('/')[0] ?? '') === 0 || !/^[^/]+(\/\d{1,3})?$/.test(entry)),
  );
  if (wrong === undefined) return list;
  throw new UsageError(`--trusted-proxies holds "${wrong}": give addresses or CIDR ranges separated by commas, or *`);
}
