import type { SideName } from '../traffic/side-name';
import { FollowerEmptied } from './follower-errors';
import type { NextIds } from '../traffic/next-ids';
import type { RawRequest } from '../traffic/raw-message';
import { idOfRow } from '../traffic/rows';
import type { Side } from '../sides/side';
import { SideAway } from '../sides/side-away';
import { collectionPath, listPath, type Resource } from '../traffic/resource';

const HOST = ['Host', 'gateway'];
const ROW = Buffer.from(
  '{"location":"","waste_type":"paper","quantity":0,"unit":"kg","collected_date":"2000-01-01T00:00:00"}',
);

/** A create of the gateway's own. */
export function createRequest(resource: Resource, body: Buffer): RawRequest {
  const headers = [...HOST, 'Content-Type', 'application/json', 'Content-Length', String(body.length)];
  return { method: 'POST', target: listPath(resource), headers, body };
}

/** Notes the id that a follower gave. @throws FollowerEmptied if it had given a higher one before: it counts from 1 again */
export function noteCreated(side: SideName, resource: Resource, id: number, ids: NextIds): void {
  const known = ids.get(side, resource)?.atLeast ?? 1;
  if (id < known) throw new FollowerEmptied(`${side} gave the id ${id}, but it had given ${known - 1} before.`);
  ids.created(side, resource, id);
}

/** Collections whose only purpose is to use up an id, since ids are never reused. Locations cannot be deleted: they have none. */
export class Placeholders {
  constructor(
    private readonly side: Side,
    private readonly ids: NextIds,
  ) {}

  /** Uses up the next id. The row is still there. @throws SideAway, FollowerEmptied */
  async create(): Promise<number> {
    const answer = await this.side.send(createRequest('collections', ROW));
    const id = answer.status === 200 ? idOfRow(answer.body) : undefined;
    if (id === undefined) throw new SideAway('silent', `${this.side.name} answers ${answer.status} to a create`);
    noteCreated(this.side.name, 'collections', id, this.ids);
    return id;
  }

  /** Uses up ids until this one is, whose row is still there; the others are gone. @returns the id it got, higher if that was used up before */
  async createUpTo(wanted: number): Promise<number> {
    for (;;) {
      const id = await this.create();
      if (id >= wanted) return id;
      await this.remove(id);
    }
  }

  /** Deletes a collection, whether it is there or not. @throws SideAway */
  async remove(id: number): Promise<void> {
    const request = { method: 'DELETE', target: collectionPath(id), headers: HOST, body: Buffer.alloc(0) };
    const { status } = await this.side.send(request);
    if (status !== 200 && status !== 404)
      throw new SideAway('silent', `${this.side.name} answers ${status} to a delete`);
  }
}
