import {
  SideAway,
  Unlistable,
  type Answer,
  type Request,
  type Resource,
  type Row,
} from '../../src/cutover/order/nouns';
import type { BluePort } from '../../src/cutover/order/ports';
import type { Random } from './random';
import { Rows } from './simulated-api';
import type { SimulatedProcess, SimulatedTime } from './simulated-time';

interface UnderWay {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Connection {
  readonly inbox: UnderWay[];
  readonly unanswered: Set<UnderWay>;
  arrival: number;
  broken: boolean;
}

/** Milliseconds of silence after which a gateway gives a connection up. */
const SILENCE = 2000;
/** So many rows are asked for one by one where there is no list. */
const NEAR = 20;

/** The old server: one request at a time, those of a connection in their order, and nothing survives a restart. */
export class SimulatedBlue {
  readonly data: Rows;
  private connections: Connection[] = [];
  private serving = false;
  private hungUntil = 0;
  private downUntil = 0;
  private cutUntil = 0;
  /** What the next requests come to, instead of their answers. */
  readonly faults: ('500 done' | '500 not done')[] = [];

  constructor(
    private readonly time: SimulatedTime,
    private readonly random: Random,
    onText: (text: string) => void,
  ) {
    this.data = new Rows('blue refuses', onText);
  }

  /** Ends, forgets everything, and is back after so many milliseconds. */
  restart(milliseconds: number): void {
    for (const connection of this.connections) this.break(connection, 0);
    this.connections = [];
    this.data.clear();
    this.downUntil = Math.max(this.downUntil, this.time.now + milliseconds);
  }

  hang(milliseconds: number): void {
    this.hungUntil = Math.max(this.hungUntil, this.time.now + milliseconds);
    this.time.after(milliseconds, () => this.serve());
  }

  /** Connections break, and none can be made for so many milliseconds; the server goes on with what it has. */
  cut(milliseconds: number): void {
    for (const connection of [...this.connections]) this.reset(connection);
    this.cutUntil = Math.max(this.cutUntil, this.time.now + milliseconds);
  }

  heal(): void {
    this.hungUntil = this.downUntil = this.cutUntil = 0;
    this.faults.length = 0;
    this.serve();
  }

  for(process: SimulatedProcess): BluePort {
    let connection: Connection | undefined;
    process.onKill(() => connection && this.reset(connection));
    const wait = () => 0.1 + this.random.next() * 0.4;
    return {
      send: (request) => {
        if (connection === undefined || connection.broken)
          return Promise.reject(new SideAway('blue: connection is broken'));
        return this.send(process, connection, request);
      },
      reconnect: async () => {
        if (connection !== undefined) this.reset(connection);
        await this.reach(process);
        // The contract: nothing that was sent before can take effect any more.
        while (this.connections.some((one) => one.broken && one.inbox.length > 0)) {
          await process.outcome(5, () => undefined);
          await this.reach(process);
        }
        await process.outcome(wait(), () => undefined);
        connection = { inbox: [], unanswered: new Set(), arrival: 0, broken: false };
        this.connections.push(connection);
      },
      rowsFrom: async (resource, id, through = Infinity) => {
        await this.reach(process);
        const rows = this.data.list(resource, id);
        const isNear = resource === 'collections' && through - id < NEAR;
        if (!isNear && !this.data.isListable(resource)) return null;
        let last = through;
        while (this.data.rows[resource].has(last + 1)) last++;
        return rows.filter((row) => row.id <= last);
      },
      list: (resource) => this.list(process, resource),
      row: async (resource, id) => {
        await this.reach(process);
        return this.data.rows[resource].get(id);
      },
      counts: async () => {
        await this.reach(process);
        const of = (resource: Resource) => (this.data.isListable(resource) ? this.data.rows[resource].size : null);
        return { collections: of('collections'), locations: of('locations') };
      },
      holdings: async () => {
        await this.reach(process);
        const of = (resource: Resource) => {
          const isListable = this.data.isListable(resource);
          const highest = isListable ? this.data.highest(resource) : 0;
          const count = isListable ? this.data.rows[resource].size : null;
          return { count, next: { atLeast: highest + 1, exact: false } };
        };
        return { collections: of('collections'), locations: of('locations') };
      },
    };
  }

  /** Made at one moment, and sent in two pieces. */
  private async *list(process: SimulatedProcess, resource: Resource): AsyncGenerator<readonly Row[]> {
    await this.reach(process);
    if (!this.data.isListable(resource)) throw new Unlistable(`blue cannot list its ${resource}`);
    const rows = this.data.list(resource);
    const half = rows.length >> 1;
    yield rows.slice(0, half);
    await this.reach(process);
    yield rows.slice(half);
  }

  private async reach(process: SimulatedProcess): Promise<void> {
    const isOff = () => this.time.now < Math.max(this.downUntil, this.cutUntil);
    if (isOff()) {
      await process.outcome(1, () => undefined);
      throw new SideAway('blue: connection refused');
    }
    const hangs = this.hungUntil - this.time.now;
    if (hangs > 0) {
      await process.outcome(Math.min(hangs, SILENCE), () => undefined);
      if (hangs > SILENCE) throw new SideAway('blue: silent');
    }
    await process.outcome(0.1 + this.random.next() * 0.4, () => {
      if (isOff()) throw new SideAway('blue: connection broke');
    });
  }

  private send(process: SimulatedProcess, connection: Connection, request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const underWay: UnderWay = {
        request,
        resolve: (answer) => process.alive && resolve(answer),
        reject: (error) => process.alive && reject(error),
      };
      connection.unanswered.add(underWay);
      connection.arrival = Math.max(connection.arrival, this.time.now + 0.05 + this.random.next() * 0.2);
      this.time.after(connection.arrival - this.time.now, () => {
        if (connection.broken) return;
        connection.inbox.push(underWay);
        this.serve();
      });
      this.time.after(SILENCE, () => {
        if (connection.unanswered.has(underWay) && !connection.broken) this.reset(connection);
      });
    });
  }

  private serve(): void {
    if (this.serving || this.time.now < this.hungUntil) return;
    const waiting = this.connections.filter(({ inbox }) => inbox.length > 0);
    if (waiting.length === 0) return;
    const connection = this.random.pick(waiting);
    this.serving = true;
    this.time.after(0.1 + this.random.next() * 0.6, () => {
      this.serving = false;
      const one = this.time.now < this.hungUntil ? undefined : connection.inbox.shift();
      if (one !== undefined) this.carryOut(connection, one);
      this.serve();
    });
  }

  private carryOut(connection: Connection, one: UnderWay): void {
    const fault = this.faults.shift();
    const failed: Answer = { status: 500, reason: '', headers: [], body: Buffer.from('failed') };
    const answer = fault === '500 not done' ? failed : this.data.handle(one.request);
    const told = fault === '500 done' ? failed : answer;
    connection.arrival = Math.max(connection.arrival, this.time.now + 0.05 + this.random.next() * 0.2);
    this.time.after(connection.arrival - this.time.now, () => {
      if (connection.broken) return;
      connection.unanswered.delete(one);
      one.resolve(told);
    });
  }

  /** Of what is in its buffers, a part may still be carried out. */
  private reset(connection: Connection): void {
    const { inbox } = connection;
    this.break(connection, this.random.between(0, inbox.length));
    this.serve();
  }

  private break(connection: Connection, late: number): void {
    if (connection.broken) return;
    connection.broken = true;
    connection.inbox.splice(late);
    for (const one of connection.unanswered) one.reject(new SideAway('blue: connection broke'));
    connection.unanswered.clear();
    this.connections = this.connections.filter(({ broken, inbox }) => !broken || inbox.length > 0);
  }
}
