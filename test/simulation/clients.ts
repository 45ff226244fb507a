import type { Answer, Resource, Verb } from '../../src/cutover/order/nouns';
import type { Order } from '../../src/cutover/order/order';
import type { Evidence } from '../../src/cutover/order/ports';
import type { Reply } from '../../src/cutover/order/reply';
import type { Rows } from './simulated-api';
import type { Action } from './schedule';
import { requestOf, textOf, type Quirk } from './simulated-api';

/** A write that a client made, and what it was told. */
export interface Made {
  readonly number: number;
  readonly client: number;
  readonly verb: Verb;
  readonly resource: Resource;
  /** In the path, or of the row that was made. */
  id: number | null;
  readonly text: string;
  readonly quirk: Quirk;
  place: number | null;
  /** Milliseconds since the start. */
  readonly at: number;
  /** `done` and `nothing` are certain; `perhaps`: 504, 5xx, or the gateway died. */
  told: 'waits' | 'done' | 'nothing' | 'perhaps';
}

/** Clients that write one after the other, and what each was told. */
export class Clients {
  readonly made: Made[] = [];
  private readonly waiting = new Map<number, Made>();
  private readonly rows: { resource: Resource; id: number }[] = [];

  constructor(
    private readonly elapsed: () => number,
    private readonly note: (text: string) => void,
  ) {}

  get areServed(): boolean {
    return this.waiting.size === 0;
  }

  write(order: Order, { client, verb, resource, row, quirk, bytes }: Extract<Action, { kind: 'write' }>): void {
    if (this.waiting.has(client)) return;
    const number = this.made.length + 1;
    const known = this.rows.filter((one) => one.resource === resource);
    const picked = known[Math.floor(row * (known.length + 1))];
    const id = verb === 'create' ? null : (picked?.id ?? known.length + 1 + Math.floor(row * 3));
    const text = `${number}${'.'.repeat(bytes)}`;
    const at = this.elapsed();
    const made: Made = { number, client, verb, resource, id, text, quirk, place: null, at, told: 'waits' };
    this.made.push(made);
    this.waiting.set(client, made);
    const request = requestOf(verb, resource, id, text, quirk);
    this.note(`client ${client} ${verb} ${resource} ${String(id)} "${number}" ${quirk}`);
    void order.submit({ resource, verb, id }, request, `client ${client}`).then(({ reply, place }) => {
      made.place = place;
      if (this.waiting.get(client) === made) this.waiting.delete(client);
      this.note(`client ${client} "${number}" place ${String(place)}: ${describeReply(reply)}`);
      this.take(made, reply);
    });
  }

  /** What a client that may read from green does not see there of what it has written. */
  unseen(order: Order, client: number, green: Rows, evidence: readonly Evidence[]): string[] {
    if (!order.mayReadFromGreen(`client ${client}`)) return [];
    return this.made.flatMap(({ verb, resource, id, text, told, client: by, quirk }) => {
      if (by !== client || told !== 'done' || verb === 'delete' || id === null || quirk !== 'fine') return [];
      // The operator knows that the sides are not equal in this row.
      if (evidence.some((one) => one.resource === resource && one.id === id)) return [];
      const others = this.made.filter((one) => one.resource === resource && one.id === id && one.text !== text);
      const row = green.rows[resource].get(id);
      if (others.length > 0 || (row !== undefined && textOf(row) === text)) return [];
      return [`client ${client} does not see its own ${resource} ${id} on green`];
    });
  }

  /** The gateway has died. */
  letDown(): void {
    for (const made of this.waiting.values()) this.tell(made, 'perhaps');
    this.waiting.clear();
  }

  private take(made: Made, reply: Reply): void {
    if (reply.kind === 'refused') this.tell(made, 'nothing');
    else if (reply.kind === 'unknown') this.tell(made, 'perhaps');
    else if (reply.kind === 'settled') {
      this.tell(made, reply.applied ? 'done' : 'nothing');
      if (reply.applied && reply.row !== undefined) this.learn(made, reply.row);
    } else if (reply.answer.status >= 500) this.tell(made, 'perhaps');
    else if (reply.answer.status >= 300) this.tell(made, 'nothing');
    else {
      this.tell(made, 'done');
      if (made.verb === 'create') this.learn(made, reply.answer.body);
    }
  }

  private learn(made: Made, row: Answer['body']): void {
    made.id = (JSON.parse(row.toString()) as { id: number }).id;
    if (made.verb === 'create') this.rows.push({ resource: made.resource, id: made.id });
  }

  private tell(made: Made, told: Made['told']): void {
    if (made.told === 'waits') made.told = told;
  }
}

function describeReply(reply: Reply): string {
  if (reply.kind === 'answer') return `${reply.answer.status} ${reply.answer.body.toString().slice(0, 40)}`;
  if (reply.kind === 'settled') return `settled, ${reply.applied ? 'applied' : 'not applied'}`;
  return reply.kind === 'refused' ? `503 ${reply.why}` : '504';
}
