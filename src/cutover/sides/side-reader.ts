import type { SideName } from '../traffic/side-name';
import type { NextIds } from '../traffic/next-ids';
import type { RawAnswer } from '../traffic/raw-message';
import { highestId, rowsOf } from '../traffic/rows';
import type { Side } from './side';
import { SideAway } from './side-away';
import { collectionPath, listPath, type Resource } from '../traffic/resource';

/** A row that exists but cannot be rendered: the old server stored a number that is not finite, and answers 500. */
export const UNRENDERABLE = 'unrenderable';

/** Reads what a side holds, through its public paths. */
export class SideReader {
  private readonly learning = new Map<string, Promise<void>>();

  constructor(
    private readonly sides: Readonly<Record<SideName, Side>>,
    private readonly ids: NextIds,
  ) {}

  /** A list's bytes. @throws SideAway if the side does not answer 200 */
  async list(side: SideName, resource: Resource): Promise<Buffer> {
    const list = await this.findList(side, resource);
    if (list !== undefined) return list;
    throw new SideAway('silent', `${side} answers 500 to GET ${listPath(resource)} (a number in it is not finite?)`);
  }

  /** A list's bytes; undefined if the side holds a row that it cannot render, and so answers 500. @throws SideAway */
  async findList(side: SideName, resource: Resource): Promise<Buffer | undefined> {
    const { status, body } = await this.sides[side].get(listPath(resource));
    if (status === 200) return body;
    if (status === 500) return undefined;
    throw new SideAway('silent', `${side} answers ${status} to GET ${listPath(resource)}`);
  }

  /** One row; undefined if there is none. @throws SideAway */
  async row(side: SideName, resource: Resource, id: number): Promise<Buffer | typeof UNRENDERABLE | undefined> {
    if (resource === 'locations') {
      for (const row of rowsOf(await this.list(side, resource))) if (row.id === id) return row.bytes;
      return undefined;
    }
    const answer = await this.sides[side].get(collectionPath(id));
    if (answer.status === 200) return answer.body;
    if (answer.status === 404) return undefined;
    if (answer.status === 500) return UNRENDERABLE;
    throw new SideAway('silent', `${side} answers ${answer.status} to a read`);
  }

  /** The analytics, whose bytes depend on every collection and their order. @throws SideAway */
  async analytics(side: SideName): Promise<RawAnswer> {
    return this.sides[side].get('/api/analytics');
  }

  /**
   * Makes sure that something is known of the side's next id. It must be known before a create is sent: afterwards its row
   * could not be told from older ones.
   *
   * @throws SideAway
   */
  async learnNextId(side: SideName, resource: Resource): Promise<void> {
    if (this.ids.get(side, resource) !== undefined) return;
    const key = `${side}:${resource}`;
    // One reading for all who wait: a second one might see what was created after the first.
    const learning = this.learning.get(key) ?? this.learn(side, resource).finally(() => this.learning.delete(key));
    this.learning.set(key, learning);
    await learning;
  }

  private async learn(side: SideName, resource: Resource): Promise<void> {
    const list = await this.findList(side, resource);
    if (list === undefined) this.ids.unknowable(side, resource);
    else this.ids.learned(side, resource, highestId(list));
  }

  /** True if the side holds nothing at all. @throws SideAway */
  async isEmpty(side: SideName): Promise<boolean> {
    const { status, body } = await this.analytics(side);
    if (status >= 502) throw new SideAway('silent', `${side} answers ${status} to GET /api/analytics`);
    if (status !== 200 || !body.toString('latin1').startsWith('{"total_collections":0,')) return false;
    return (await this.list(side, 'locations')).length === '[]'.length;
  }
}
