import type { SideName } from '../traffic/side-name';
import { expectedRow } from './expected-row';
import type { NextIds } from '../traffic/next-ids';
import type { RawRequest } from '../traffic/raw-message';
import { rowsOf } from '../traffic/rows';
import { UNRENDERABLE, type SideReader } from '../sides/side-reader';
import type { WriteRoute } from '../traffic/write-route';

/** What reading showed of a write. */
export type Settled =
  /** `certain` is false where its row could not be told from others, or not be read. */
  | { readonly applied: false; readonly certain: boolean }
  /** `row` is absent for a delete, and for a row that cannot be rendered. */
  | { readonly applied: true; readonly id: number; readonly row: Buffer | undefined };

const ABSENT: Settled = { applied: false, certain: true };
const UNCERTAIN: Settled = { applied: false, certain: false };

/** So many ids are looked at one by one where a list cannot be read and the next id is not known exactly. */
const LOOKED_AT = 100;

/**
 * Finds out by reading whether a write whose answer was lost took effect on the side that owns the writes. It relies on
 * the order: creates go to a side one at a time and writes to one id one after the other, so nothing else can have made
 * or changed the row meanwhile.
 */
export class Settlement {
  constructor(
    private readonly reader: SideReader,
    private readonly ids: NextIds,
  ) {}

  /** @throws SideAway if the side cannot be read now */
  async settle(side: SideName, route: WriteRoute, request: RawRequest): Promise<Settled> {
    if (route.verb === 'create') return this.settleCreate(side, route, request);
    if (route.id === null) return ABSENT;
    const row = await this.reader.row(side, route.resource, route.id);
    if (route.verb === 'delete') return row === undefined ? { applied: true, id: route.id, row: undefined } : ABSENT;
    if (row === undefined) return ABSENT;
    // A replacement is stored before its rendering fails.
    if (row === UNRENDERABLE) return { applied: true, id: route.id, row: undefined };
    return expectedRow(route.resource, route.id, request)?.equals(row) ? { applied: true, id: route.id, row } : ABSENT;
  }

  private async settleCreate(side: SideName, route: WriteRoute, request: RawRequest): Promise<Settled> {
    await this.reader.learnNextId(side, route.resource);
    const next = this.ids.get(side, route.resource);
    if (next === undefined || next.atLeast === 0) return UNCERTAIN;
    if (route.resource === 'collections' && next.exact) return this.settleByIds(side, next.atLeast, route, request);
    const list = await this.reader.findList(side, route.resource);
    if (list === undefined) return this.settleUnlisted(side, next.atLeast, route, request);
    for (const { id, bytes } of rowsOf(list)) {
      if (id >= next.atLeast && isMeant(route, id, request, bytes)) return { applied: true, id, row: bytes };
    }
    return ABSENT;
  }

  /** The old server stores a row that it cannot render, perhaps this one, and answers 500 to its list from then on. */
  private async settleUnlisted(side: SideName, from: number, route: WriteRoute, request: RawRequest): Promise<Settled> {
    for (let id = from; route.resource === 'collections' && id < from + LOOKED_AT; id++) {
      const row = await this.reader.row(side, route.resource, id);
      if (row === UNRENDERABLE) return { applied: true, id, row: undefined };
      if (row !== undefined && isMeant(route, id, request, row)) return { applied: true, id, row };
    }
    this.ids.doubt(side, route.resource);
    return UNCERTAIN;
  }

  /** Looks at the id that is next, and beyond rows that somebody else made, past the gateway. */
  private async settleByIds(side: SideName, from: number, route: WriteRoute, request: RawRequest): Promise<Settled> {
    for (let id = from; ; id++) {
      const row = await this.reader.row(side, route.resource, id);
      if (row === undefined) return ABSENT;
      if (row === UNRENDERABLE) return { applied: true, id, row: undefined };
      if (isMeant(route, id, request, row)) return { applied: true, id, row };
    }
  }
}

function isMeant(route: WriteRoute, id: number, request: RawRequest, row: Buffer): boolean {
  return expectedRow(route.resource, id, request)?.equals(row) ?? false;
}
