import { frame } from '../../../follow/frames';
import type { Resource, Row, RowStream } from '../nouns';
import { done } from './follow-answer';
import type { FollowClient } from './follow-client';

const PIECE_ROWS = 5000;
const PIECE_BYTES = 4 << 20;
/** Up to which id the last piece of a copy goes, as green tells it. */
const GREATEST_ID = '9223372036854775807';

/** Sends a copy to green in pieces, which follow each other without a gap. */
export class CopyPieces {
  constructor(
    private readonly client: FollowClient,
    private readonly own: { readonly journal: string; readonly term: string },
  ) {}

  /** All rows of a resource, in the order of their ids. @throws SideAway, OrderRefused */
  async send(resource: Resource, stream: RowStream): Promise<void> {
    let [after, bytes, some]: [string | undefined, number, Row[]] = [undefined, 0, []];
    for await (const rows of stream) {
      for (const row of rows) {
        const isFull = some.length === PIECE_ROWS || bytes + row.bytes.length > PIECE_BYTES;
        if (isFull && some.length > 0) {
          const through = String(some.at(-1)?.id);
          await this.sendPiece(resource, some, { after, through });
          [after, bytes, some] = [through, 0, []];
        }
        some.push(row);
        bytes += row.bytes.length + 16;
      }
    }
    await this.sendPiece(resource, some, { after });
  }

  private async sendPiece(
    resource: Resource,
    rows: readonly Row[],
    span: { readonly after: string | undefined; readonly through?: string },
  ): Promise<void> {
    const pieces = [...frame({ ...this.own, resource, ...span }), ...rows.flatMap(({ bytes }) => frame({}, bytes))];
    // A piece that is there already is refused as not next, and so is never written twice.
    const isThere = ({ filled }: { readonly filled?: unknown }) => filled === (span.through ?? GREATEST_ID);
    done(await this.client.postUntilKnown('/follow/rebuild/rows', pieces), isThere);
  }
}
