import { apiLaunch } from '../../harness/launch';
import { SeededDatabase, type SeededTable } from '../seed';
import { DatabaseSide } from './database-side';

const TABLE: SeededTable = {
  empty: 'truncate collections, locations, id_counters',
  fill: `insert into collections (id, location, waste_type, quantity, unit, collected_date, status, completed_at)
    select id + $2::bigint, body->>'location', (body->>'waste_type')::waste_type, (body->>'quantity')::double precision,
      (body->>'unit')::unit, (body->>'collected_date')::timestamp, (body->>'status')::status,
      case when body->>'status' = 'completed' then now() end
    from seed where id <= $1 order by id`,
  count: `insert into id_counters (resource, next_id) values ('collections', $1::bigint + 1)`,
};

/** This server, built, as "npm start" starts it but without what somebody keeps in .env. @param before the folder of another build, to measure that one */
export function startApi(url: string, postgres: number, before?: string): Promise<DatabaseSide> {
  return DatabaseSide.start(
    before === undefined ? 'api' : 'before',
    postgres,
    () => SeededDatabase.prepare(url, TABLE),
    (port) => apiLaunch({ DATABASE_URL: url, PORT: String(port) }, before),
  );
}
