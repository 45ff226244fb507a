import { sql } from 'drizzle-orm';
import { SNAPSHOT } from '../database/kept-answer';

/**
 * One element a waste type, in the order of first appearance, unless nothing changed since the known snapshot. A double
 * precision sum ordered by id adds left to right, as the contract does; `aggregate` is named because the sum of finite
 * quantities may overflow.
 */
const byWasteType = (aggregate: 'sum' | 'overflowing_sum') => sql`
  select now.snapshot,
    case when now.snapshot = ${sql.placeholder('known')}::text then null else (
      select coalesce(json_agg(json_build_array(waste_type, quantity::text, total, pending, completed) order by first), '[]')::text
      from (
        select waste_type, ${sql.raw(aggregate)}(quantity order by id) as quantity, count(*) as total, min(id) as first,
          count(*) filter (where status = 'pending') as pending, count(*) filter (where status = 'completed') as completed
        from collections group by waste_type
      ) by_type
    ) end as types
  from (select ${SNAPSHOT} as snapshot) now`;

export const BY_WASTE_TYPE = byWasteType('sum');

/** The same where a sum overflows, which sum() refuses: slower, and infinite there. */
export const BY_WASTE_TYPE_OVERFLOWING = byWasteType('overflowing_sum');
