import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection } from '../../../harness/samples';
import type { OrderProgram, Told } from './order-program';

/** A row as its client knows it: the name it must have, or one of those it may have. Undefined stands for no row. */
interface Known {
  readonly certain: string | undefined;
  readonly perhaps: readonly (string | undefined)[];
}

const PAUSE = 20;

/** Clients that create, replace and delete rows of their own one after the other, and remember what they were told. */
export class Writers {
  private readonly rows = new Map<number, Known>();
  /** Names that were to take no effect, and names of which nobody knows. */
  private readonly never = new Set<string>();
  private readonly unknown = new Set<string>();
  private running: Promise<void>[] = [];
  private isEnding = false;
  acknowledged = 0;
  refused = 0;

  /** @param program the order that writes go to now; undefined while there is none */
  constructor(private readonly program: () => OrderProgram | undefined) {}

  start(count: number): void {
    this.isEnding = false;
    this.running = Array.from({ length: count }, (_, client) => this.work(client));
  }

  async stop(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.running);
  }

  /** Resolves once so many more writes were acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged + count;
    const end = performance.now() + 90_000;
    while (this.acknowledged < goal) {
      if (performance.now() > end) throw new Error(`only ${this.acknowledged} of ${goal} writes were acknowledged`);
      await sleep(PAUSE);
    }
  }

  /** What is wrong with a side's rows. */
  wrongIn(rows: readonly { readonly id: number; readonly location: string }[]): string[] {
    const wrong: string[] = [];
    const there = new Map(rows.map(({ id, location }) => [id, location]));
    for (const [id, { certain, perhaps }] of this.rows) {
      const name = there.get(id);
      if (name !== certain && !perhaps.includes(name)) {
        wrong.push(`row ${id} is ${String(name)}, not ${String(certain)} or ${perhaps.join(' or ')}`);
      }
    }
    const seen = new Set<string>();
    for (const { id, location } of rows) {
      if (seen.has(location)) wrong.push(`${location} is there twice`);
      seen.add(location);
      if (this.never.has(location)) wrong.push(`${location} was refused, and is there`);
      if (!this.rows.has(id) && !this.unknown.has(location)) wrong.push(`row ${id} is nobody's: ${location}`);
    }
    return wrong;
  }

  private async work(client: number): Promise<void> {
    for (let round = 0; !this.isEnding; round++) {
      const id = await this.create(`client ${client}, row ${round}`);
      if (id === undefined) continue;
      if (round % 3 > 0) await this.change(id, `client ${client}, row ${round} replaced`);
      if (round % 3 > 1) await this.change(id, undefined);
    }
  }

  private async create(name: string): Promise<number | undefined> {
    const unique = `${name} ${Math.random()}`;
    const told = await this.send('create', null, unique);
    if (effectOf(told) === 'none') this.never.add(unique);
    else if (effectOf(told) === 'unknown') this.unknown.add(unique);
    if (effectOf(told) !== 'done') return undefined;
    const text = told?.kind === 'answer' ? told.body : told?.kind === 'settled' ? told.row : undefined;
    if (text === undefined) {
      this.unknown.add(unique);
      return undefined;
    }
    const { id } = JSON.parse(text) as { id: number };
    this.rows.set(id, { certain: unique, perhaps: [] });
    return id;
  }

  private async change(id: number, name: string | undefined): Promise<void> {
    const told = await this.send(name === undefined ? 'delete' : 'replace', id, name ?? '');
    const { certain, perhaps } = this.rows.get(id) ?? { certain: undefined, perhaps: [] };
    if (effectOf(told) === 'done') this.rows.set(id, { certain: name, perhaps: [] });
    else if (effectOf(told) === 'unknown') this.rows.set(id, { certain, perhaps: [...perhaps, name] });
  }

  private async send(
    verb: 'create' | 'replace' | 'delete',
    id: number | null,
    name: string,
  ): Promise<Told | undefined> {
    const program = this.program();
    const body = verb === 'delete' ? '' : JSON.stringify(aCollection({ location: name }));
    try {
      if (program === undefined) throw new Error('there is no order');
      const told = await program.write({ resource: 'collections', verb, id }, body);
      if (effectOf(told) === 'done') this.acknowledged += 1;
      if (told.kind === 'refused') this.refused += 1;
      if (effectOf(told) !== 'done') await sleep(PAUSE);
      return told;
    } catch {
      await sleep(PAUSE);
      return undefined;
    }
  }
}

function effectOf(told: Told | undefined): 'done' | 'none' | 'unknown' {
  if (told === undefined || told.kind === 'unknown') return 'unknown';
  if (told.kind === 'refused') return 'none';
  if (told.kind === 'settled') return told.applied ? 'done' : 'none';
  if (told.status >= 500) return 'unknown';
  return told.status < 300 ? 'done' : 'none';
}
