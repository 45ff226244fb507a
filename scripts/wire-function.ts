import { modelOf } from '../src/contract';
import type { FieldDescription } from '../src/contract/fields/field';
import { RESOURCES, type Resource } from '../src/database/resources';

type Kind = FieldDescription['kind'];

/** What a row must be so that the contract can spell it, in words and in SQL. The second column is that of the offset. */
const RULES: Readonly<Record<Kind, { words: string; holds: (column: string, offset: string) => string } | undefined>> =
  {
    string: undefined,
    enum: undefined,
    float: {
      words: 'finite numbers',
      holds: (column) => `NEW.${column} > '-Infinity' AND NEW.${column} < 'Infinity'`,
    },
    integer: {
      words: 'whole integers',
      holds: (column) =>
        `(NEW.${column} IS NULL OR NEW.${column} > '-Infinity' AND NEW.${column} < 'Infinity' AND NEW.${column} = trunc(NEW.${column}))`,
    },
    datetime: {
      words: 'dates in the years 1 to 9999 with offsets of less than a day',
      holds: (column, offset) =>
        `NEW.${column} >= '0001-01-01' AND NEW.${column} < '10000-01-01'\n    AND (NEW.${offset} IS NULL OR NEW.${offset} BETWEEN -1439 AND 1439)`,
    },
  };

/** The JSON of a field. What is ordinary is spelled in the expression itself: each function costs a transaction time. */
const SPELLINGS: Readonly<Record<Kind, (column: string, second: string) => string>> = {
  string: (column, exact) =>
    `CASE
      WHEN NEW.${exact} IS NULL THEN to_json(NEW.${column})::text
      ELSE public.wire_text(NEW.${column}, NEW.${exact})
    END`,
  enum: (column) => `'"' || NEW.${column} || '"'`,
  integer: (column) => `coalesce(trim_scale(NEW.${column})::text, 'null')`,
  float: (column) =>
    `CASE
      WHEN NEW.${column} = 0 OR abs(NEW.${column}) >= 1e15 THEN public.wire_float(NEW.${column})
      WHEN NEW.${column} = trunc(NEW.${column}) THEN NEW.${column}::bigint || '.0'
      WHEN current_setting('extra_float_digits') = '1' THEN NEW.${column}::text
      ELSE public.wire_float(NEW.${column})
    END`,
  datetime: (column, offset) =>
    `CASE
      WHEN NEW.${offset} IS NULL AND date_trunc('second', NEW.${column}) = NEW.${column} THEN to_json(NEW.${column})::text
      ELSE '"' || public.wire_datetime(NEW.${column}, NEW.${offset}) || '"'
    END`,
};

/** `Truck` gives `truck`, `DropOffPoint` gives `drop_off_point`. */
const snakeCase = (name: string) => name.replace(/(?<=.)[A-Z]/g, '_$&').toLowerCase();

/** The trigger function that renders the rows of a resource, made of its model and its columns: one statement of SQL. */
export function wireFunction(resource: Resource): string {
  const { model, columns } = RESOURCES[resource];
  const name = snakeCase(model.name);
  const fields = modelOf<object>(model)
    .fields.filter((field) => field.name !== 'id')
    .map(({ name: field, kind }) => {
      const [first = '', second = ''] = columns.filter((column) => column.field === field).map((column) => column.name);
      return { field, kind, first, second };
    });
  const members = fields.map(
    ({ field, kind, first, second }) => `\n    || ',"${field}":' || ${SPELLINGS[kind](first, second)}`,
  );
  const holds = fields.flatMap(({ kind, first, second }) => RULES[kind]?.holds(first, second) ?? []);
  const words = [...new Set(fields.flatMap(({ kind }) => RULES[kind]?.words ?? []))].join(', ');
  const check = `
  IF NOT (
    ${holds.join('\n    AND ')}
  ) THEN
    RAISE check_violation USING
      MESSAGE = 'a row of ${resource} has ${words}',
      DETAIL = format('The row has the id %s.', NEW.id),
      SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
  END IF;`;
  return `CREATE OR REPLACE FUNCTION ${name}_wire() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN${holds.length > 0 ? check : ''}
  NEW.wire := '{"id":' || NEW.id${members.join('')} || '}';
  NEW.wire_bytes := octet_length(NEW.wire);
  RETURN NEW;
END $$;`;
}

/** The statements that give a table its function for the first time. */
export function wireOfNewTable(resource: Resource): string {
  const name = snakeCase(RESOURCES[resource].model.name);
  return [
    wireFunction(resource),
    `-- Triggers fire in the order of their names: what another makes of a row is in its text.
CREATE TRIGGER zzz_wire BEFORE INSERT OR UPDATE ON "${resource}" FOR EACH ROW EXECUTE FUNCTION ${name}_wire();`,
    `-- Also where rows are replicated to, and in sessions that restore: no row without its text.
ALTER TABLE "${resource}" ENABLE ALWAYS TRIGGER zzz_wire;`,
    `-- The list is measured by the index alone.
ALTER TABLE "${resource}" DROP CONSTRAINT "${resource}_pkey", ADD CONSTRAINT "${resource}_pkey" PRIMARY KEY ("id") INCLUDE ("wire_bytes");`,
  ].join('\n--> statement-breakpoint\n');
}

/** The statements that give a table another function, and its rows their new texts. */
export function wireOfChangedTable(resource: Resource): string {
  return [wireFunction(resource), `UPDATE "${resource}" SET id = id;`].join('\n--> statement-breakpoint\n');
}
