import { randomUUID } from 'node:crypto';
import { frame, readFrames } from '../../src/follow/frames';
import { FOLLOW_TOKEN } from '../../harness/gateway-process';

export const TOKEN = FOLLOW_TOKEN;

/** One place as a gateway sends it. */
export interface SentWrite {
  readonly place: number;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
  readonly id?: string;
  readonly refused?: boolean;
  readonly void?: boolean;
  readonly nextIds?: Readonly<Record<string, string>>;
}

export interface GivenEntry {
  readonly place: number;
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly again?: boolean;
  readonly void?: boolean;
  readonly withheld?: boolean;
  readonly forgotten?: boolean;
  readonly body: string;
}

export interface Given {
  readonly status: number;
  /** The frame about the whole batch, or the JSON of a refusal. */
  readonly about: Record<string, unknown>;
  readonly entries: GivenEntry[];
}

const JSON_TYPE = ['content-type', 'application/json'];

export const create = (place: number, body: unknown, id?: string, target = '/api/collections'): SentWrite => ({
  ...{ place, method: 'POST', target, headers: JSON_TYPE, body: JSON.stringify(body) },
  ...(id === undefined ? {} : { id }),
});
export const replace = (place: number, id: number | string, body: unknown): SentWrite => ({
  ...{ place, method: 'PUT', target: `/api/collections/${id}`, headers: JSON_TYPE, body: JSON.stringify(body) },
});
export const remove = (place: number, id: number | string): SentWrite => ({
  ...{ place, method: 'DELETE', target: `/api/collections/${id}`, headers: [] },
});

/** What a gateway is to the admin port of a server. */
export class FollowClient {
  readonly journal: string;
  /** The present term, as far as it was told; null if no journal is attached. */
  term: string | null = null;

  constructor(
    private readonly url: string,
    private readonly options: { readonly token?: string; readonly journal?: string } = {},
  ) {
    this.journal = options.journal ?? randomUUID();
  }

  request(
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const token = this.options.token ?? TOKEN;
    return fetch(`${this.url}/follow${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  }

  async get(path = ''): Promise<Record<string, unknown>> {
    const response = await this.request(path);
    return { httpStatus: response.status, ...((await response.json()) as object) };
  }

  /** Asks for a change of its journal, in the term that it knows. */
  async post(path: string, more: object = {}): Promise<Record<string, unknown>> {
    const { journal, term } = this;
    const body = JSON.stringify({ journal, term, ...more });
    const response = await this.request(path, { method: 'POST', body });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.status === 200 && typeof answer.term === 'string') this.term = answer.term;
    return { httpStatus: response.status, ...answer };
  }

  attach(place: number, more: object = {}): Promise<Record<string, unknown>> {
    return this.post('/attach', { place, ...more });
  }

  takeOver(): Promise<Record<string, unknown>> {
    return this.post('/takeover', { term: null });
  }

  async writes(writes: readonly SentWrite[], head: object = {}): Promise<Given> {
    return given(await this.message('/writes', batchOf({ ...this.own(), ...head }, writes)));
  }

  async rows(head: object, rows: readonly string[]): Promise<Record<string, unknown>> {
    const about = { ...this.own(), ...head };
    const pieces = [...frame(about), ...rows.flatMap((row) => frame({}, Buffer.from(row)))];
    const response = await this.message('/rebuild/rows', Buffer.concat(pieces));
    return { httpStatus: response.status, ...((await response.json()) as object) };
  }

  async answers(from: number, through: number): Promise<GivenEntry[]> {
    const response = await this.request(`/answers?from=${from}&through=${through}`);
    return entriesOf(Buffer.from(await response.arrayBuffer()));
  }

  private own(): { readonly journal: string; readonly term: string } {
    return { journal: this.journal, term: this.term ?? randomUUID() };
  }

  message(path: string, body: Buffer): Promise<Response> {
    return this.request(path, { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } });
  }
}

/** The bytes of a batch. */
export function batchOf(head: object, writes: readonly SentWrite[]): Buffer {
  const pieces = writes.flatMap(({ body = '', ...write }) => frame(write, Buffer.from(body)));
  return Buffer.concat([...frame(head), ...pieces]);
}

async function given(response: Response): Promise<Given> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const { status } = response;
  if (status !== 200) return { status, about: JSON.parse(bytes.toString()) as Record<string, unknown>, entries: [] };
  const [about, ...entries] = entriesOf(bytes);
  const { body: _, ...facts } = about as unknown as Record<string, unknown>;
  return { status, about: facts, entries };
}

function entriesOf(bytes: Buffer): GivenEntry[] {
  return [...readFrames(bytes)].map(({ head, body }) => ({ ...(head as object), body: body.toString() }) as GivenEntry);
}
