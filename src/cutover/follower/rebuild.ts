import { halted, type FollowerHalted } from './follower-errors';
import type { NextIds } from '../traffic/next-ids';
import { createRequest, noteCreated, Placeholders } from './placeholders';
import type { RawRequest } from '../traffic/raw-message';
import { idOfRow, rowsOf } from '../traffic/rows';
import type { Side } from '../sides/side';
import { SideAway } from '../sides/side-away';
import type { SideReader } from '../sides/side-reader';
import { collectionPath, type Resource } from '../traffic/resource';

/** What the owner held at one place of the order. */
export interface OwnerCopy {
  readonly place: number;
  readonly lists: Readonly<Record<Resource, Buffer>>;
  /** The next id of the owner's collections, as far as it is known. */
  readonly nextCollection: number;
}

/**
 * Makes a follower equal to a copy of the owner through its public API: rows that it lacks are created in their order,
 * ids that no row has are used up by creating and deleting, rows that differ are replaced, rows too many deleted. It can be
 * interrupted and begun again.
 */
export class Rebuild {
  private readonly placeholders: Placeholders;

  constructor(
    private readonly follower: Side,
    private readonly reader: SideReader,
    private readonly ids: NextIds,
    /** Is told of each row that the follower refuses. */
    private readonly onRefused: (resource: Resource, id: number, body: Buffer, status: number) => void,
    private readonly signal: AbortSignal,
  ) {
    this.placeholders = new Placeholders(follower, ids);
  }

  /** @throws SideAway to begin again later; FollowerHalted if the follower's ids are too high, FollowerEmptied if it loses its data meanwhile */
  async run({ lists, nextCollection }: OwnerCopy): Promise<void> {
    this.ids.forget(this.follower.name);
    await this.fill('locations', lists.locations);
    await this.fill('collections', lists.collections);
    await this.useUpTo(nextCollection);
  }

  private async fill(resource: Resource, list: Buffer): Promise<void> {
    const present = new Map<number, Buffer>();
    for (const { id, bytes } of rowsOf(await this.reader.list(this.follower.name, resource))) present.set(id, bytes);
    let highest = lastOf(present);
    if (highest > 0) this.ids.created(this.follower.name, resource, highest);
    for (const { id, bytes } of rowsOf(list)) {
      this.signal.throwIfAborted();
      const there = present.get(id);
      present.delete(id);
      if (there?.equals(bytes)) continue;
      if (there !== undefined) await this.replace(resource, id, bytes);
      else if (id <= highest) throw this.impossible(resource, id);
      else highest = await this.create(resource, id, bytes);
    }
    for (const id of present.keys()) await this.remove(resource, id);
  }

  /** Creates rows until one gets the id; those before it are deleted again. @returns the id */
  private async create(resource: Resource, wanted: number, bytes: Buffer): Promise<number> {
    for (;;) {
      const answer = await this.follower.send(createRequest(resource, bytes));
      if (answer.status >= 400 && answer.status < 500) {
        this.onRefused(resource, wanted, bytes, answer.status);
        return this.useUp(resource, wanted);
      }
      const id = answer.status === 200 ? idOfRow(answer.body) : undefined;
      if (id === undefined) throw new SideAway('silent', `${this.follower.name} answers ${answer.status} to a create`);
      noteCreated(this.follower.name, resource, id, this.ids);
      if (id === wanted) return id;
      if (id > wanted) {
        await this.remove(resource, id);
        throw this.impossible(resource, wanted);
      }
      await this.remove(resource, id);
    }
  }

  private async useUp(resource: Resource, wanted: number): Promise<number> {
    if (resource === 'locations') throw this.impossible(resource, wanted);
    const id = await this.placeholders.createUpTo(wanted);
    await this.placeholders.remove(id);
    if (id > wanted) throw this.impossible(resource, wanted);
    return id;
  }

  /** Uses up the ids after the last row, whose rows the owner has deleted. */
  private async useUpTo(next: number): Promise<void> {
    const known = this.ids.get(this.follower.name, 'collections');
    // Without a row the follower's counter is not visible, and trying would move it: the next create tells.
    if (known === undefined) return;
    for (let id = known.atLeast - 1; id + 1 < next;) {
      this.signal.throwIfAborted();
      id = await this.placeholders.create();
      await this.placeholders.remove(id);
    }
  }

  private async replace(resource: Resource, id: number, bytes: Buffer): Promise<void> {
    if (resource === 'locations') throw this.impossible(resource, id);
    const create = createRequest(resource, bytes);
    const request: RawRequest = { ...create, method: 'PUT', target: collectionPath(id) };
    const { status } = await this.follower.send(request);
    if (status >= 500) throw new SideAway('silent', `${this.follower.name} answers ${status} to a replacement`);
    if (status !== 200) this.onRefused(resource, id, bytes, status);
  }

  private async remove(resource: Resource, id: number): Promise<void> {
    if (resource === 'locations') throw this.impossible(resource, id);
    await this.placeholders.remove(id);
  }

  private impossible(resource: Resource, id: number): FollowerHalted {
    const { name } = this.follower;
    return halted(name, `${name} cannot be given ${resource} ${id}, since it holds or has used up other ids`);
  }
}

/** The highest id: lists are in the order of their ids. */
function lastOf(rows: ReadonlyMap<number, Buffer>): number {
  let last = 0;
  for (const id of rows.keys()) last = id;
  return last;
}
