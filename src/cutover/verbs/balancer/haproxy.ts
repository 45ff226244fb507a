import { setTimeout as sleep } from 'node:timers/promises';
import { otherSide, SIDES, type SideName } from '../../traffic/side-name';
import { BalancerError } from './balancer-errors';
import type { RuntimeApi } from './runtime-api';

/** Bits of srv_admin_state that keep a server from being used; the others only tell what the configuration says. */
const OUT = 0x01 | 0x02 | 0x08 | 0x10 | 0x20;
const RUNNING = '2';
/** Milliseconds in which HAProxy's checks must find a gateway that listens. */
const CHECKED = 15_000;
const LOOK_AGAIN = 100;

/** Where the clients' requests go: a backend, or none. */
export const FRONTS = ['gateway', 'blue', 'green', 'nobody'] as const;
export type Front = (typeof FRONTS)[number];

/** Names in HAProxy's configuration. */
interface HaproxyNames {
  /** The backend that holds the gateway and the owners. */
  readonly backend: string;
  /** The end of the path of the map whose key `front` names a backend. */
  readonly map: string;
}

/** What HAProxy does at one moment. */
export interface HaproxyState {
  /** Undefined if the configuration has no such map. */
  readonly front: string | undefined;
  readonly gatewayIsUp: boolean;
  /** The sides that take over when the gateway dies. */
  readonly fallBack: readonly SideName[];
  /** Requests under way: at the gateway, and past it. */
  readonly underWay: { readonly gateway: number; readonly past: number };
}

/** HAProxy in front of a gateway, as deploy/haproxy has it. */
export class Haproxy {
  constructor(
    private readonly api: RuntimeApi,
    private readonly names: HaproxyNames,
  ) {}

  get name(): string {
    return this.api.name;
  }

  /** @throws BalancerError if it does not answer, or has not what deploy/haproxy has */
  async state(): Promise<HaproxyState> {
    const servers = await this.servers();
    const isOn = (server: string) => isUsable(this.found(servers, server));
    const fallBack = SIDES.filter((side) => isOn(`owner-${side}`));
    const [front, underWay] = [await this.front(), await this.underWay()];
    return { front, gatewayIsUp: isOn('gateway'), fallBack, underWay };
  }

  /** Waits for HAProxy's checks to find the gateway: until then its owner would get writes past it. @throws BalancerError */
  async untilGatewayIsUp(): Promise<void> {
    const deadline = performance.now() + CHECKED;
    while (!(await this.state()).gatewayIsUp) {
      if (performance.now() > deadline) {
        throw new BalancerError(
          `The checks of HAProxy at ${this.name} find no gateway: is its address in HAProxy's configuration right?`,
        );
      }
      await sleep(LOOK_AGAIN);
    }
  }

  /** Has exactly this side take over when the gateway dies, or nobody. @throws BalancerError; more than it may take over then */
  async fallBackTo(owner: SideName | undefined): Promise<void> {
    const last = owner ?? 'green';
    // First who may not, so that never two may.
    for (const side of [otherSide(last), last])
      await this.setServer(`owner-${side}`, side === owner ? 'ready' : 'maint');
  }

  /** Sends the clients' requests there from now on. @throws BalancerError */
  async moveFront(to: Front): Promise<{ file: string }> {
    const file = await this.mapFile();
    if (file === undefined) throw new BalancerError(`HAProxy at ${this.name} has no map ${this.names.map}`);
    await this.api.tell(`set map ${file} front ${to}`);
    return { file };
  }

  private async setServer(server: string, state: 'ready' | 'maint'): Promise<void> {
    await this.api.tell(`set server ${this.names.backend}/${server} state ${state}`);
  }

  private async servers(): Promise<Row[]> {
    const said = await this.api.ask(`show servers state ${this.names.backend}`);
    // A version, the names of the columns, and a line for each server.
    return rowsOf(said.split('\n').slice(1), ' ');
  }

  private found(servers: readonly Row[], name: string): Row {
    const server = servers.find((row) => row.srv_name === name);
    if (server !== undefined) return server;
    throw new BalancerError(
      `HAProxy at ${this.name} has no server ${this.names.backend}/${name}: see deploy/haproxy, or name its backend with --backend`,
    );
  }

  private async front(): Promise<string | undefined> {
    const file = await this.mapFile();
    if (file === undefined) return undefined;
    const entries = (await this.api.ask(`show map ${file}`)).split('\n').map((line) => line.split(' '));
    return entries.find(([, key]) => key === 'front')?.[2];
  }

  private async mapFile(): Promise<string | undefined> {
    const files = [...(await this.api.ask('show map')).matchAll(/^\S+ \(([^)]+)\)/gm)].map(([, file = '']) => file);
    return files.find((file) => file.endsWith(this.names.map));
  }

  private async underWay(): Promise<HaproxyState['underWay']> {
    const rows = rowsOf((await this.api.ask('show stat')).split('\n'), ',');
    const of = (backend: string, server: string) =>
      Number(rows.find(({ pxname, svname }) => pxname === backend && svname === server)?.scur ?? 0);
    const { backend } = this.names;
    const owners = of(backend, 'owner-blue') + of(backend, 'owner-green');
    return { gateway: of(backend, 'gateway'), past: of('blue', 'BACKEND') + of('green', 'BACKEND') + owners };
  }
}

/** What a table of HAProxy's says of one thing, by the names of its columns. */
type Row = Readonly<Record<string, string>>;

function rowsOf([head = '', ...lines]: readonly string[], separator: string): Row[] {
  const names = head.replace(/^# /, '').split(separator);
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const values = line.split(separator);
      return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
    });
}

function isUsable({ srv_op_state: state, srv_admin_state: admin }: Row): boolean {
  return state === RUNNING && (Number(admin) & OUT) === 0;
}
