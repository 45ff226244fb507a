import fc, { type Arbitrary } from 'fast-check';
import { Client } from 'pg';
import { ContractDatetime } from '../../src/contract';
import { pythonFloat } from '../../src/contract/json/float';
import { writeString } from '../../src/contract/json/writer';
import { storedFloat, storedText } from '../../src/database/exact-text';
import { migrateDatabase } from '../../src/database/migrations';
import { describeOnEachMajor } from '../support/clusters';
import { datetimes, DOUBLE_TRAPS, doubles, texts } from './values';

/** Settings that a role or a database may have, all of which change how PostgreSQL spells values. */
const ODD_SESSION = `set extra_float_digits = -15; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard';
  set timezone = 'Asia/Kathmandu'; set standard_conforming_strings = off; set lc_numeric = 'C'; set search_path = ''`;

/** Stores a collection for each row of `from`, which has ids, and answers with one field of its text. */
const stored = (field: string, from: string, { quantity = '1', date = `'2024-01-01'`, offset = 'null' }) =>
  `insert into public.collections (id, location, waste_type, quantity, unit, collected_date, collected_offset, status)
   select id, 'Depot', 'paper', ${quantity}, 'kg', ${date}, ${offset}, 'pending' ${from}
   returning wire::json ->> '${field}' as text`;

// The contract's spelling stands twice, in SQL for rows and in TypeScript for the rest: these hold the two together.
describeOnEachMajor('the wire functions spell values as the TypeScript does', (cluster) => {
  let ordinary: Client;
  let odd: Client;

  beforeAll(async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    [ordinary, odd] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    for (const client of [ordinary, odd]) await client.connect();
    await odd.query(ODD_SESSION);
  });
  afterAll(() => Promise.all([ordinary.end(), odd.end()]));

  /** What SQL makes of a batch of values is what TypeScript makes of them, in either session. */
  async function compare<Value>(
    sql: string,
    values: readonly Value[],
    columns: readonly (readonly unknown[])[],
    spell: (value: Value) => string,
  ): Promise<void> {
    const expected = values.map(spell);
    for (const client of [ordinary, odd]) {
      await client.query('begin');
      const { rows } = await client.query<{ text: string }>(sql, [...columns]);
      await client.query('rollback');
      expect(rows.map(({ text }) => text)).toEqual(expected);
    }
  }

  const holds = <Value>(values: Arbitrary<Value>, property: (batch: Value[]) => Promise<void>): Promise<void> =>
    fc.assert(fc.asyncProperty(fc.array(values, { minLength: 1, maxLength: 300, size: 'max' }), property), {
      numRuns: 25,
    });

  const floatsAgree = async (values: number[]) => {
    const from = 'from unnest($1::double precision[]) with ordinality as item (value, id)';
    for (const sql of [
      `select public.wire_float(value) as text ${from}`,
      stored('quantity', from, { quantity: 'value' }),
    ]) {
      await compare(sql, values, [values.map(storedFloat)], pythonFloat);
    }
  };

  const textsAgree = (values: string[]) =>
    compare(
      'select public.wire_text(readable, exact) as text from unnest($1::text[], $2::text[]) as item (readable, exact)',
      values,
      [values.map((value) => storedText(value).readable), values.map((value) => storedText(value).exact)],
      writeString,
    );

  const datetimesAgree = async (values: ContractDatetime[]) => {
    const columns = [values.map(({ wallClock }) => wallClock), values.map(({ offsetMinutes }) => offsetMinutes)];
    const from = 'from unnest($1::timestamp[], $2::smallint[]) with ordinality as item (wall_clock, utc_offset, id)';
    const inCollection = stored('collected_date', from, { date: 'wall_clock', offset: 'utc_offset' });
    for (const sql of [`select public.wire_datetime(wall_clock, utc_offset) as text ${from}`, inCollection]) {
      await compare(sql, values, columns, String);
    }
  };

  it('any double', () => holds(doubles, floatsAgree));
  it('doubles on the border of two others, and where the layout changes', () => floatsAgree(DOUBLE_TRAPS));
  it('any text', () => holds(texts, textsAgree));
  it('every character up to U+10FF alone, and beside U+0000', async () => {
    const isHalf = (code: number) => code >= 0xd800 && code <= 0xdfff;
    const codes = Array.from({ length: 0x1100 }, (_, code) => code).filter((code) => !isHalf(code));
    const all = codes.map((code) => String.fromCodePoint(code));
    await textsAgree([...all, ...all.map((character) => `${character}\0${character}`)]);
  });
  it('any date', () => holds(datetimes, datetimesAgree));
  it('every offset, in the first and the last year', () => {
    const offsets = [null, ...Array.from({ length: 2879 }, (_, index) => index - 1439)];
    const ends = ['0001-01-01T00:00:00', '9999-12-31T23:59:59.999999'];
    return datetimesAgree(ends.flatMap((end) => offsets.map((offset) => new ContractDatetime(end, offset))));
  });

  it('an exact text counts only while it spells the readable one', async () => {
    const { rows } = await ordinary.query(
      `select wire_text('changed by hand', '"a\\u0000b"') as changed, wire_text('ab', '"a\\u0000b"') as kept`,
    );
    expect(rows).toEqual([{ changed: '"changed by hand"', kept: '"a\\u0000b"' }]);
  });

  it('a row written in an odd session reads as any other', async () => {
    await odd.query(`insert into public.collections
        (id, location, waste_type, quantity, unit, collected_date, collected_offset, status)
      values (1, 'Depot', 'paper', 0.1::double precision + 0.2, 'kg', '2024-01-02T03:04:05.000006', -30, 'pending')`);
    const { rows } = await odd.query('select wire from public.collections');
    expect(rows).toEqual([
      {
        wire:
          '{"id":1,"location":"Depot","waste_type":"paper","quantity":0.30000000000000004,"unit":"kg",' +
          '"collected_date":"2024-01-02T03:04:05.000006+00:30","status":"pending"}',
      },
    ]);
  });

  it('text and length follow the row, whoever changes it and as what', async () => {
    await ordinary.query(`insert into locations (id, name, address, latitude, longitude, zone, wire, wire_bytes)
      values (1, 'Depot', 'Quay 1', 1, 2, 'north', 'by hand', 7)`);
    const changes = [
      `update locations set name = '漢🗑'`,
      `update locations set wire = 'by hand', wire_bytes = 7`,
      `set session_replication_role = replica; update locations set name_exact = '"漢\\u0000🗑"'; reset session_replication_role`,
    ];
    const names = [];
    for (const change of changes) {
      await ordinary.query(change);
      const { rows } = await ordinary.query<{ wire: string; wire_bytes: number }>(
        'select wire, wire_bytes from locations',
      );
      const { wire, wire_bytes: length } = rows[0]!;
      expect(length).toBe(Buffer.byteLength(wire));
      names.push((JSON.parse(wire) as { name: string }).name);
    }
    expect(names).toEqual(['漢🗑', '漢🗑', '漢\0🗑']);
  });
});
