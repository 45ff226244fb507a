import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answers';
import type { OneClient, PlainRequest } from './one-client';

/** Milliseconds between two requests, so that what it writes stays little in a long campaign. */
const PAUSE = 25;
const UNKNOWN_ID = 987_654_321;

const LOCATIONS: PlainRequest = { method: 'GET', path: '/api/locations' };
const INVALID: PlainRequest = {
  method: 'POST',
  path: '/api/collections',
  body: '{"location":"Bystander","quantity":"x"}',
};

/** What all bystanders know: fixed answers, and the rows that were acknowledged. */
export interface Knowledge {
  readonly locations: string;
  readonly invalid: string;
  /** The text of each acknowledged row that was not deleted, by its id. */
  readonly rows: Map<number, string>;
}

/** Asks an untouched server for the answers that are not to change, after filling in a few places. @throws Error */
export async function learn(client: OneClient): Promise<Knowledge> {
  for (const zone of ['A', 'B', 'C']) {
    const body = `{"name":"Bystander","address":"Main Street 1","latitude":52.5,"longitude":13.25,"zone":"${zone}"}`;
    const { status } = await client.ask({ method: 'POST', path: '/api/locations', body });
    if (status !== 200) throw new Error(`The server answers ${status} to a valid location`);
  }
  const [locations, invalid] = [await client.ask(LOCATIONS), await client.ask(INVALID)];
  if (locations.status !== 200 || invalid.status !== 422) throw new Error('The server is not the API');
  return { locations: locations.body, invalid: invalid.body, rows: new Map() };
}

/** An ordinary client that must not notice what others do. */
export class Bystander {
  requests = 0;
  /** The longest that an answer took, in milliseconds. */
  slowest = 0;
  private stopping = false;
  private readonly running: Promise<void>;

  /**
   * @param name goes into the rows that it writes
   * @param fresh opens a connection for each request
   * @param onFailure called with each request that was not answered as it had to be
   */
  constructor(
    private readonly name: string,
    private readonly client: OneClient,
    private readonly known: Knowledge,
    private readonly fresh: boolean,
    private readonly onFailure: (message: string) => void,
  ) {
    this.running = this.run();
  }

  /** Ends it when its request is answered. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    this.client.close();
  }

  private async run(): Promise<void> {
    for (let round = 1; !this.stopping; round++) {
      const id = await this.create(round);
      const row = id === undefined ? undefined : this.known.rows.get(id);
      if (id !== undefined) await this.expect({ method: 'GET', path: `/api/collections/${id}` }, 200, row);
      await this.expect(LOCATIONS, 200, this.known.locations);
      await this.expect(
        { method: 'GET', path: `/api/collections/${UNKNOWN_ID}` },
        404,
        '{"detail":"Collection not found"}',
      );
      await this.expect(INVALID, 422, this.known.invalid);
      await this.expect({ method: 'GET', path: '/health' }, 200, /^\{"status":"healthy","timestamp":"[^"]+"\}$/);
      if (id !== undefined && round % 2 === 0) await this.remove(id);
    }
  }

  private async create(round: number): Promise<number | undefined> {
    const row = `"location":"${this.name} ${round}","waste_type":"paper","quantity":1.5,"unit":"kg","collected_date":"2024-01-15T10:30:00"`;
    const rendered = `,${row},"status":"pending"}`;
    const answer = await this.expect({ method: 'POST', path: '/api/collections', body: `{${row}}` }, 200);
    const id = Number(/^\{"id":(\d+),/.exec(answer?.body ?? '')?.[1]);
    if (answer === undefined) return undefined;
    if (answer.body !== `{"id":${id}${rendered}`) {
      this.onFailure(`${this.name}: POST is answered ${answer.body}`);
      return undefined;
    }
    this.known.rows.set(id, answer.body);
    return id;
  }

  private async remove(id: number): Promise<void> {
    this.known.rows.delete(id);
    const deleted = '{"message":"Collection deleted successfully"}';
    await this.expect({ method: 'DELETE', path: `/api/collections/${id}` }, 200, deleted);
  }

  /** Sends a request; undefined, and a failure, unless it is answered so. */
  private async expect(request: PlainRequest, status: number, body?: string | RegExp): Promise<Answer | undefined> {
    await sleep(PAUSE);
    const started = performance.now();
    try {
      const answer = await this.client.ask(request);
      this.requests++;
      this.slowest = Math.max(this.slowest, performance.now() - started);
      const right = typeof body === 'string' ? answer.body === body : (body?.test(answer.body) ?? true);
      if (answer.status === status && right) return answer;
      const got = `${answer.status} ${answer.body.slice(0, 200)}`;
      this.onFailure(`${this.name}: ${request.method} ${request.path} is answered ${got}`);
    } catch (error) {
      this.onFailure(`${this.name}: ${(error as Error).message}`);
    } finally {
      if (this.fresh) this.client.close();
    }
    return undefined;
  }
}
