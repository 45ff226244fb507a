import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind, Tally } from './tally';
import { isOneOf, rowText, textsOf, type States } from './texts';

/** A collection's body as its JSON text. */
type Body = string;

interface Answer {
  readonly status: number;
  readonly text: string;
}

const WASTE = ['organic', 'plastic', 'paper', 'metal', 'glass', 'electronic'];
const TIMEOUT = 60_000;
const PAUSE_AFTER_FAILURE = 100;

/** One client of the city's: it writes rows of its own, reads, and checks every answer against what it knows. */
export class DrillClient {
  /** Its rows, by id, deleted ones included. */
  readonly rows = new Map<number, States>();
  /** Locations of creates that it got no answer to. */
  readonly unanswered = new Set<string>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private created = 0;
  private highestId = 0;

  /** @param random gives numbers from 0 to 1 */
  constructor(
    readonly name: string,
    private readonly url: string,
    private readonly tally: Tally,
    private readonly random: () => number,
    /** Rows that nobody changes, as their texts by id. */
    private readonly fixed: ReadonlyMap<number, string>,
  ) {}

  /**
   * Sends one request after the other until it is told to stop.
   *
   * @param pace milliseconds between two of them, on average
   * @param writes the part of writes, from 0 to 1
   */
  async run(isOver: () => boolean, pace: number, writes: number): Promise<void> {
    while (!isOver()) {
      const isWrite = this.random() < writes;
      const done = await (isWrite ? this.write() : this.read());
      // As clients do that were refused: not at once again.
      if (!done) await sleep(PAUSE_AFTER_FAILURE);
      else if (pace > 0) await sleep(2 * pace * this.random());
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private write(): Promise<boolean> {
    const ids = this.living();
    const choice = this.random();
    const id = ids[Math.floor(this.random() * ids.length)];
    if (choice < 0.05) return this.mistake();
    if (id === undefined || choice < 0.5) return this.create();
    return choice < 0.8 ? this.replace(id) : this.remove(id);
  }

  private async create(): Promise<boolean> {
    const location = `${this.name}/${++this.created}`;
    const body = this.body(location);
    const answer = await this.ask('write', 'POST', '/api/collections', body);
    if (answer === undefined) {
      this.unanswered.add(location);
      return false;
    }
    const id = Number(/^\{"id":(\d+),/.exec(answer.text)?.[1]);
    this.expect(answer, 200, rowText(id, body), `create ${location}`);
    if (!(id > this.highestId)) this.tally.isWrong(`${location} got the id ${id} after ${this.highestId}`);
    this.highestId = id;
    this.rows.set(id, new Set([body]));
    return true;
  }

  /** A body that both sides refuse, in the same words. */
  private async mistake(): Promise<boolean> {
    const answer = await this.ask('write', 'POST', '/api/collections', '{"location":7,"quantity":"much"}');
    if (answer !== undefined && answer.status !== 422) this.tally.isWrong(`a mistake is answered ${answer.status}`);
    return answer !== undefined;
  }

  private async replace(id: number): Promise<boolean> {
    const body = this.body(`${this.name}/of ${id}`);
    const answer = await this.ask('write', 'PUT', `/api/collections/${id}`, body);
    if (this.unknown(id, answer, body)) return false;
    if (this.mayBe(id, null) && answer.status === 404) this.rows.set(id, new Set([null]));
    else {
      this.expect(answer, 200, rowText(id, body), `replace ${id}`);
      this.rows.set(id, new Set([body]));
    }
    return true;
  }

  private async remove(id: number): Promise<boolean> {
    const answer = await this.ask('write', 'DELETE', `/api/collections/${id}`);
    if (this.unknown(id, answer, null)) return false;
    if (!(this.mayBe(id, null) && answer.status === 404)) {
      this.expect(answer, 200, '{"message":"Collection deleted successfully"}', `delete ${id}`);
    }
    this.rows.set(id, new Set([null]));
    return true;
  }

  private async read(): Promise<boolean> {
    const choice = this.random();
    if (choice < 0.6 && this.rows.size > 0) return this.readOwn();
    if (choice < 0.9) return this.readFixed();
    if (choice < 0.91) return this.readList();
    const path = choice < 0.95 ? '/api/analytics' : '/api/locations';
    const answer = await this.ask('read', 'GET', path);
    if (answer !== undefined && answer.status !== 200) this.tally.isWrong(`${path} is answered ${answer.status}`);
    return answer !== undefined;
  }

  /** Whatever it has written it reads, whichever side answers. */
  private async readOwn(): Promise<boolean> {
    const ids = [...this.rows.keys()];
    const id = ids[Math.floor(this.random() * ids.length)] ?? 0;
    const answer = await this.ask('read', 'GET', `/api/collections/${id}`);
    if (answer === undefined) return false;
    const states = this.rows.get(id) ?? new Set();
    if (!isOneOf(states, id, answer.status === 404 ? undefined : answer.text))
      this.tally.isWrong(`${this.name} reads ${id} as ${answer.status} ${answer.text}`);
    return true;
  }

  private async readFixed(): Promise<boolean> {
    const ids = [...this.fixed.keys()];
    const id = ids[Math.floor(this.random() * ids.length)] ?? 1;
    const answer = await this.ask('read', 'GET', `/api/collections/${id}`);
    if (answer !== undefined) this.expect(answer, 200, this.fixed.get(id) ?? '', `read ${id}`);
    return answer !== undefined;
  }

  private async readList(): Promise<boolean> {
    const answer = await this.ask('read', 'GET', '/api/collections');
    if (answer === undefined) return false;
    const texts = textsOf(answer.text);
    for (const [id, states] of this.rows) {
      if (!isOneOf(states, id, texts.get(id)))
        this.tally.isWrong(`${this.name} finds ${texts.get(id) ?? 'nothing'} as ${id} in the list`);
    }
    return true;
  }

  private living(): number[] {
    return [...this.rows].filter(([, states]) => [...states].some((state) => state !== null)).map(([id]) => id);
  }

  private mayBe(id: number, state: Body | null): boolean {
    return this.rows.get(id)?.has(state) ?? false;
  }

  /** Without an answer the write may have happened, now or never. */
  private unknown(id: number, answer: Answer | undefined, state: Body | null): answer is undefined {
    if (answer === undefined) this.rows.set(id, new Set([...(this.rows.get(id) ?? []), state]));
    return answer === undefined;
  }

  private body(location: string): Body {
    const quantity = Math.floor(this.random() * 1e6) + 0.5;
    const waste_type = WASTE[Math.floor(this.random() * WASTE.length)];
    const status = this.random() < 0.5 ? 'pending' : 'completed';
    return JSON.stringify({
      location,
      waste_type,
      quantity,
      unit: 'kg',
      collected_date: '2024-01-15T10:30:00',
      status,
    });
  }

  private expect(answer: Answer | undefined, status: number, text: string, what: string): void {
    if (answer?.status === status && answer.text === text) return;
    this.tally.isWrong(`${what} is answered ${answer?.status ?? 0} ${answer?.text ?? ''}, not ${status} ${text}`);
  }

  /** The answer; undefined if there was none, or one that says that something is down. */
  private ask(kind: Kind, method: string, path: string, body?: Body): Promise<Answer | undefined> {
    const began = performance.now();
    const headers = {
      'x-client': this.name,
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve) => {
      const fail = (what: string) => {
        this.tally.failed(began, `${method} ${path}: ${what}`);
        resolve(undefined);
      };
      const sent = request(this.url + path, { method, headers, agent: this.agent, timeout: TIMEOUT }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('error', (error) => fail(error.message));
        response.on('end', () => {
          const { statusCode: status = 0 } = response;
          if (status >= 500) fail(`${status} ${text}`);
          else {
            this.tally.answered(kind, performance.now() - began);
            resolve({ status, text });
          }
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT / 1000} s`)));
      sent.on('error', (error) => fail(error.message));
      sent.end(body);
    });
  }
}
