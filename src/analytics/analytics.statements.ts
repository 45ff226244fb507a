import { sql } from 'drizzle-orm';

/**
 * One row a waste type, in the order of first appearance. A double precision sum ordered by id adds left to right,
 * as the contract does; `total` names the aggregate, since the sum of finite quantities may overflow.
 */
const byWasteType = (total: 'sum' | 'overflowing_sum') => sql`
  select waste_type, ${sql.raw(total)}(quantity order by id) as quantity,
    count(*) as total, count(*) filter (where status = 'pending') as pending,
    count(*) filter (where status = 'completed') as completed
  from collections group by waste_type order by min(id)`;

export const BY_WASTE_TYPE = byWasteType('sum');

/** The same where a sum overflows, which sum() refuses: slower, and infinite there. */
export const BY_WASTE_TYPE_OVERFLOWING = byWasteType('overflowing_sum');
