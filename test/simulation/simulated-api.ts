import { createHash } from 'node:crypto';
import {
  UNRENDERABLE,
  type Answer,
  type Request,
  type Resource,
  type Row,
  type Verb,
} from '../../src/cutover/order/nouns';
import type { Rules } from '../../src/cutover/order/ports';

/** What a body asks for beside its text: a side that is named refuses it; `unrenderable`: blue stores it and fails. */
export type Quirk = 'fine' | 'bad' | 'blue refuses' | 'green refuses' | 'unrenderable';

const NOTHING = Buffer.alloc(0);

export function requestOf(verb: Verb, resource: Resource, id: number | null, text: string, quirk: Quirk): Request {
  const method = { create: 'POST', replace: 'PUT', delete: 'DELETE' }[verb];
  const target = id === null ? `/api/${resource}` : `/api/${resource}/${id}`;
  const body = verb === 'delete' ? NOTHING : Buffer.from(JSON.stringify({ text, quirk }));
  return { method, target, headers: [], body };
}

function read(request: Request): { verb: Verb; resource: Resource; id: number | null } {
  const [, , resource = '', id] = request.target.split('/');
  const verb = request.method === 'POST' ? 'create' : request.method === 'PUT' ? 'replace' : 'delete';
  return { verb, resource: resource as Resource, id: id === undefined ? null : Number(id) };
}

function bodyOf(request: Request): { text: string; quirk: Quirk } {
  return request.body.length === 0
    ? { text: '', quirk: 'fine' }
    : (JSON.parse(request.body.toString()) as { text: string; quirk: Quirk });
}

/** Of a row that nobody can read. */
export const UNREADABLE_TEXT = 'unreadable';

function rowBytes(id: number, text: string): Buffer {
  return Buffer.from(JSON.stringify({ id, text }));
}

export function textOf(row: Buffer): string {
  if (row.equals(UNRENDERABLE)) return UNREADABLE_TEXT;
  return (JSON.parse(row.toString()) as { text: string }).text;
}

function answer(status: number, body: Buffer | string): Answer {
  return { status, reason: '', headers: [], body: Buffer.from(body) };
}

export const RULES: Rules = {
  idOf: ({ status, body }) => (status < 300 ? (JSON.parse(body.toString()) as { id: number }).id : undefined),
  expectedRow: (_resource, id, request) => {
    const { text, quirk } = bodyOf(request);
    if (quirk === 'unrenderable') return UNRENDERABLE;
    return quirk === 'bad' ? undefined : rowBytes(id, text);
  },
  requestFor: (verb, resource, id, row) =>
    requestOf(verb, resource, verb === 'create' ? null : id, row === undefined ? 'placeholder' : textOf(row), 'fine'),
  digestOf: (body) => createHash('sha256').update(body).digest('base64').slice(0, 22),
};

/** The rows of a side, with the API's behaviour. */
export class Rows {
  readonly rows: Record<Resource, Map<number, Buffer>> = { collections: new Map(), locations: new Map() };
  readonly next: Record<Resource, number> = { collections: 1, locations: 1 };

  constructor(
    private readonly refuses: Quirk,
    /** Is told of each text that a write brings in. */
    private readonly onText: (text: string) => void,
  ) {}

  clear(): void {
    for (const resource of ['collections', 'locations'] as const) {
      this.rows[resource].clear();
      this.next[resource] = 1;
    }
  }

  /** @param given the id of the row that a create makes @param dry changes nothing */
  handle(request: Request, given: number | null = null, dry = false): Answer {
    const { verb, resource, id } = read(request);
    const rows = this.rows[resource];
    const { text, quirk } = bodyOf(request);
    if (verb === 'delete') {
      if (id === null || !rows.has(id)) return answer(404, 'not found');
      if (!dry) rows.delete(id);
      return answer(200, 'deleted');
    }
    const isStored = quirk === 'unrenderable' && this.refuses === 'blue refuses';
    if (quirk === 'bad' || quirk === this.refuses || (quirk === 'unrenderable' && !isStored)) {
      // As follower the id is used up all the same.
      if (verb === 'create' && given !== null && !dry) this.next[resource] = Math.max(this.next[resource], given + 1);
      return answer(422, quirk);
    }
    if (verb === 'replace' && (id === null || !rows.has(id))) return answer(404, 'not found');
    const target = verb === 'replace' ? (id ?? 0) : (given ?? this.next[resource]);
    const row = isStored ? UNRENDERABLE : rowBytes(target, text);
    if (!dry) {
      rows.set(target, row);
      this.onText(text);
      if (verb === 'create') this.next[resource] = Math.max(this.next[resource], target + 1);
    }
    return isStored ? answer(500, 'failed') : answer(200, row);
  }

  /** True if a row has the id that a create would give. */
  holds(request: Request, id: number): boolean {
    return this.rows[read(request).resource].has(id);
  }

  list(resource: Resource, from = 1): Row[] {
    return [...this.rows[resource]]
      .filter(([id]) => id >= from)
      .sort(([a], [b]) => a - b)
      .map(([id, bytes]) => ({ id, bytes }));
  }

  /** True if every row can be rendered. */
  isListable(resource: Resource): boolean {
    return ![...this.rows[resource].values()].some((bytes) => bytes.equals(UNRENDERABLE));
  }

  highest(resource: Resource): number {
    return Math.max(0, ...this.rows[resource].keys());
  }
}
