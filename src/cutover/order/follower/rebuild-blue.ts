import { RESOURCES, SideAway, type Answer, type Copy, type Resource } from '../nouns';
import type { BluePort, EvidenceStore, Rules } from '../ports';
import { FollowerApart, FollowerEmptied } from './feed';

export interface RebuildParts {
  readonly port: BluePort;
  readonly rules: Rules;
  readonly evidence: EvidenceStore;
  readonly isStopped: () => boolean;
}

/**
 * Makes blue equal to a copy of green through its public API, id by id: rows that it lacks are created, ids that no row has
 * are used up by a placeholder, rows that differ are replaced, rows too many deleted. It can be interrupted and begun
 * again, because the row with the highest id is never deleted before there is a higher one: so the ids that are used up can
 * always be seen.
 */
export class RebuildBlue {
  private highest = 0;
  /** A row that goes once there is a higher one. */
  private leaving: number | undefined;

  constructor(private readonly parts: RebuildParts) {}

  /**
   * @returns the row with the last id, if the copy has none there: it must be deleted once the rebuild is known to be over
   * @throws SideAway, FollowerEmptied to begin again; FollowerApart if ids that the copy needs are used up
   */
  async run(copy: Copy, place: number): Promise<number | undefined> {
    await this.parts.port.reconnect();
    let leftover: number | undefined;
    for (const resource of [...RESOURCES].reverse()) {
      this.highest = 0;
      this.leaving = undefined;
      await this.fill(resource, copy, place);
      leftover = this.leaving;
    }
    return leftover;
  }

  private async fill(resource: Resource, copy: Copy, place: number): Promise<void> {
    const there = new Map((await this.parts.port.rowsFrom(resource, 1)).map(({ id, bytes }) => [id, bytes]));
    const wanted = new Map(copy.rows[resource].map(({ id, bytes }) => [id, bytes]));
    const next = copy.next[resource];
    for (const id of there.keys()) this.highest = Math.max(this.highest, id);
    if (this.highest >= next) throw this.impossible(resource, next);
    for (let id = 1; id < next; id++) {
      if (this.parts.isStopped()) throw new SideAway('the rebuild ends');
      const row = wanted.get(id);
      if (id > this.highest) id = await this.create(resource, id, wanted, next, place);
      else if (row === undefined) await this.remove(resource, id, there.has(id));
      else if (!there.has(id)) throw this.impossible(resource, id);
      else if (!there.get(id)?.equals(row)) await this.replace(resource, id, row, place);
    }
  }

  /** @returns the id that blue gave, which is higher than the one that was next if ids between were used up */
  private async create(
    resource: Resource,
    id: number,
    wanted: ReadonlyMap<number, Buffer>,
    next: number,
    place: number,
  ): Promise<number> {
    const row = wanted.get(id);
    let answer = await this.send('create', resource, id, row);
    if (answer.status >= 300 && row !== undefined) {
      await this.refused(resource, id, place, answer);
      answer = await this.send('create', resource, id, undefined);
    }
    const given = answer.status < 300 ? this.parts.rules.idOf(answer) : undefined;
    if (given === undefined) throw new SideAway(`blue answers ${answer.status} to a create`);
    if (given < id) throw new FollowerEmptied(`blue gave the id ${given} where ${id} is next: it has lost its data`);
    this.highest = given;
    await this.removeLeaving(resource);
    for (let skipped = id; skipped < given; skipped++) {
      if (wanted.has(skipped) || given >= next) throw this.impossible(resource, skipped);
    }
    const content = wanted.get(given);
    if (content === undefined) this.leave(resource, given);
    else if (given !== id || !answer.body.equals(content)) await this.replace(resource, given, content, place);
    return given;
  }

  private async replace(resource: Resource, id: number, row: Buffer, place: number): Promise<void> {
    if (resource === 'locations') throw this.impossible(resource, id);
    const answer = await this.send('replace', resource, id, row);
    if (answer.status >= 300) await this.refused(resource, id, place, answer);
  }

  private async remove(resource: Resource, id: number, isThere: boolean): Promise<void> {
    if (!isThere) return;
    if (id === this.highest) this.leave(resource, id);
    else await this.delete(resource, id);
  }

  private leave(resource: Resource, id: number): void {
    if (resource === 'locations') throw this.impossible(resource, id);
    this.leaving = id;
  }

  private async removeLeaving(resource: Resource): Promise<void> {
    const { leaving } = this;
    this.leaving = undefined;
    if (leaving !== undefined) await this.delete(resource, leaving);
  }

  private async delete(resource: Resource, id: number): Promise<void> {
    if (resource === 'locations') throw this.impossible(resource, id);
    const { status } = await this.send('delete', resource, id, undefined);
    if (status >= 300 && status !== 404) throw new SideAway(`blue answers ${status} to a delete`);
  }

  private async send(
    verb: 'create' | 'replace' | 'delete',
    resource: Resource,
    id: number,
    row: Buffer | undefined,
  ): Promise<Answer> {
    const answer = await this.parts.port.send(this.parts.rules.requestFor(verb, resource, id, row));
    if (answer.status >= 500) throw new SideAway(`blue answers ${answer.status}`);
    return answer;
  }

  private refused(resource: Resource, id: number, place: number, { status }: Answer): Promise<void> {
    const explanation = `blue refuses a row of green with ${status}.`;
    return this.parts.evidence.add({ kind: 'refused', place, resource, id, explanation });
  }

  private impossible(resource: Resource, id: number): FollowerApart {
    return new FollowerApart(
      `blue cannot be given ${resource} ${id}, since it holds or has used up other ids: empty it (restart it), then "phase --rebuild-follower"`,
    );
  }
}
