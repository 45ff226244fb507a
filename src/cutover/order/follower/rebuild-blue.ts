import { KeptRows } from '../kept-rows';
import { RESOURCES, SideAway, Unlistable, type Answer, type Copy, type Resource } from '../nouns';
import type { BluePort, Disk, EvidenceStore, Rules } from '../ports';
import { FollowerApart, FollowerEmptied } from './feed';
import { sideBySide } from './side-by-side';

export interface RebuildParts {
  readonly port: BluePort;
  /** Takes blue's list as fast as blue gives it: the changes take longer. */
  readonly disk: Disk;
  readonly rules: Rules;
  readonly evidence: EvidenceStore;
  readonly isStopped: () => boolean;
}

/**
 * Makes blue equal to a copy of green through its public API, id by id: rows that it lacks are created, rows that differ are
 * replaced, rows too many deleted. Which id blue gives next can only be seen by creating: a row that gets a lower id than
 * its own is in the way, and is created again. The row with the highest id is never deleted before there is a higher one, so
 * that the ids that are used up can be seen, and the rebuild can be interrupted and begun again.
 */
export class RebuildBlue {
  private highest = 0;
  /** A row that goes once there is a higher one. */
  private leaving: number | undefined;

  constructor(private readonly parts: RebuildParts) {}

  /**
   * @returns the id from which on blue may hold a row that nobody wants, and has or has not used up ids that green has
   * @throws SideAway, FollowerEmptied to begin again; FollowerApart if ids that the copy needs are used up
   */
  async run(copy: Copy, place: number): Promise<number> {
    await this.parts.port.reconnect();
    for (const resource of [...RESOURCES].reverse()) {
      this.highest = 0;
      this.leaving = undefined;
      const there = await this.listed(resource);
      try {
        await this.fill(resource, there, copy, place);
      } finally {
        await there.close();
      }
    }
    return copy.highest.collections + 1;
  }

  /** What blue holds now; nothing else changes it meanwhile. */
  private async listed(resource: Resource): Promise<KeptRows> {
    const { port, disk, isStopped } = this.parts;
    const kept = await KeptRows.open(disk, resource);
    try {
      for await (const rows of port.list(resource)) {
        if (isStopped()) throw new SideAway('the rebuild ends');
        await kept.add(rows);
      }
      return kept;
    } catch (error) {
      await kept.close();
      if (!(error instanceof Unlistable)) throw error;
      throw new FollowerApart(
        `blue cannot list its ${resource}: empty it (restart it), then "phase --rebuild-follower"`,
      );
    }
  }

  private async fill(resource: Resource, there: KeptRows, copy: Copy, place: number): Promise<void> {
    this.highest = there.highest;
    if (this.highest >= copy.next[resource]) throw this.impossible(resource, copy.next[resource]);
    for await (const { id, one: present, other: wanted } of sideBySide(there.rows(), copy.rows(resource))) {
      if (this.parts.isStopped()) throw new SideAway('the rebuild ends');
      if (wanted === undefined) await this.remove(resource, id);
      else if (present === undefined) await this.create(resource, id, wanted, place);
      else if (!present.equals(wanted)) await this.replace(resource, id, wanted, place);
    }
  }

  private async create(resource: Resource, id: number, bytes: Buffer, place: number): Promise<void> {
    for (let content: Buffer | undefined = bytes; this.highest < id;) {
      const answer = await this.send('create', resource, id, content);
      if (answer.status >= 300 && content !== undefined) {
        await this.refused(resource, id, place, answer);
        content = undefined;
        continue;
      }
      const given = answer.status < 300 ? this.parts.rules.idOf(answer) : undefined;
      if (given === undefined) throw new SideAway(`blue answers ${answer.status} to a create`);
      if (given <= this.highest) throw new FollowerEmptied(`blue gave the id ${given} again: it has lost its data`);
      this.highest = given;
      await this.removeLeaving(resource);
      if (given !== id || content === undefined) this.leave(resource, given);
    }
    if (this.highest > id) throw this.impossible(resource, id);
  }

  private async replace(resource: Resource, id: number, row: Buffer, place: number): Promise<void> {
    if (resource === 'locations') throw this.impossible(resource, id);
    const answer = await this.send('replace', resource, id, row);
    if (answer.status >= 300) await this.refused(resource, id, place, answer);
  }

  private async remove(resource: Resource, id: number): Promise<void> {
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
    return this.parts.evidence.add({ kind: 'refused', place, resource, id, explanation, more: 'green' });
  }

  private impossible(resource: Resource, id: number): FollowerApart {
    return new FollowerApart(
      `blue cannot be given ${resource} ${id}, since it holds or has used up other ids: empty it (restart it), then "phase --rebuild-follower"`,
    );
  }
}
