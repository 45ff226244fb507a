import { query } from '../../harness/postgres-cluster';

// What belongs to an extension is the extension's business.
const OWN = `n.nspname = 'public' and not exists (select from pg_depend d where d.objid = o.oid and d.deptype = 'e')`;

const ENUMS = `
  select format('enum %s: %s', o.typname, string_agg(e.enumlabel, ', ' order by e.enumsortorder)) as text
  from pg_type o join pg_namespace n on n.oid = o.typnamespace join pg_enum e on e.enumtypid = o.oid
  where ${OWN} group by o.oid, o.typname order by o.typname`;

const COLUMNS = `
  select o.relname as table, format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' end,
      case when a.attgenerated = 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
           when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) end) as text
  from pg_class o join pg_namespace n on n.oid = o.relnamespace
  join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
  where o.relkind in ('r', 'p') and ${OWN} order by o.relname, a.attnum`;

// PostgreSQL 18 lists "not null" as a constraint as well: it stands with the columns.
const CONSTRAINTS = `
  select o.relname as table, format('  constraint %s %s', c.conname, pg_get_constraintdef(c.oid)) as text
  from pg_constraint c join pg_class o on o.oid = c.conrelid join pg_namespace n on n.oid = o.relnamespace
  where c.contype <> 'n' and ${OWN} order by o.relname, c.conname`;

const INDEXES = `
  select o.relname as table, '  ' || pg_get_indexdef(i.indexrelid) as text
  from pg_index i join pg_class o on o.oid = i.indrelid join pg_namespace n on n.oid = o.relnamespace
  join pg_class x on x.oid = i.indexrelid
  where ${OWN} order by o.relname, x.relname`;

const TRIGGERS = `
  select o.relname as table, '  ' || pg_get_triggerdef(t.oid) || case t.tgenabled when 'A' then ' (always)' else '' end as text
  from pg_trigger t join pg_class o on o.oid = t.tgrelid join pg_namespace n on n.oid = o.relnamespace
  where not t.tgisinternal and ${OWN} order by o.relname, t.tgname`;

const OTHER_RELATIONS = `
  select format('%s %s', case o.relkind when 'S' then 'sequence' when 'v' then 'view' else 'materialized view' end, o.relname)
    || case when o.relkind in ('v', 'm') then E'\\n' || pg_get_viewdef(o.oid) else '' end as text
  from pg_class o join pg_namespace n on n.oid = o.relnamespace
  where o.relkind in ('S', 'v', 'm') and ${OWN} order by o.relname`;

const FUNCTIONS = `
  select case when o.prokind = 'a'
    then format('aggregate %s(%s) %s %s', o.proname, pg_get_function_arguments(o.oid), a.aggtransfn, format_type(a.aggtranstype, null))
    else rtrim(pg_get_functiondef(o.oid), E'\\n') end as text
  from pg_proc o join pg_namespace n on n.oid = o.pronamespace left join pg_aggregate a on a.aggfnoid = o.oid
  where ${OWN} order by o.proname, pg_get_function_identity_arguments(o.oid)`;

interface Line {
  readonly table: string;
  readonly text: string;
}

/**
 * Everything in the schema `public` of a database as PostgreSQL's catalogues have it, as text: the same on every
 * supported version. It describes and is no script: the migrations are what makes a database.
 */
export async function describeSchema(url: string): Promise<string> {
  const parts = [ENUMS, COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS, OTHER_RELATIONS, FUNCTIONS];
  const [enums, columns, constraints, indexes, triggers, others, functions] = await Promise.all(
    parts.map((sql) => query<Line>(url, sql)),
  );
  const lines: string[] = enums!.map(({ text }) => text);
  for (const table of new Set(columns!.map((column) => column.table))) {
    lines.push('', `table ${table}`);
    for (const group of [columns, constraints, indexes, triggers]) {
      lines.push(...group!.filter((line) => line.table === table).map(({ text }) => text));
    }
  }
  for (const { text } of [...others!, ...functions!]) lines.push('', text);
  return `${lines.join('\n')}\n`;
}
