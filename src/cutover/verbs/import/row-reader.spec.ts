import fc from 'fast-check';
import { writeJson, type PlainValue } from '../../../contract/json/writer';
import { datetimes, doubles, texts } from '../../../../test/database/values';
import { IMPORTED } from './imported-resource';
import { RowReader } from './row-reader';
import { ValueMap } from './value-map';

const COLLECTION = {
  id: 1n,
  location: 'Depot',
  waste_type: 'paper',
  quantity: 1.5,
  unit: 'kg',
  collected_date: '2024-01-15T10:30:00',
  status: 'pending',
};

const collection = (changes: Record<string, PlainValue> = {}) => writeJson({ ...COLLECTION, ...changes });

/** What becomes of rows that follow each other: `taken`, or each fault as `field: reason`. */
function read(rows: readonly string[], map = new ValueMap([])): string[] {
  const reader = new RowReader(IMPORTED.collections, map);
  return rows.map((text) => {
    const row = reader.read(Buffer.from(text));
    return 'wire' in row ? 'taken' : row.map(({ field, reason }) => `${field ?? 'row'}: ${reason}`).join('; ');
  });
}

describe('RowReader', () => {
  it('takes every row that the API can have answered, and spells it the same', () => {
    const rows = fc.record({ location: texts, quantity: doubles, collected_date: datetimes.map(String) });
    fc.assert(
      fc.property(rows, (changes) => {
        const text = collection(changes);
        const row = new RowReader(IMPORTED.collections, new ValueMap([])).read(Buffer.from(text));
        expect(row).toMatchObject({ id: 1n, wire: text });
      }),
    );
    const places = fc.record({ name: texts, address: texts, latitude: doubles, longitude: doubles, zone: texts });
    fc.assert(
      fc.property(places, (place) => {
        const text = writeJson({ id: 7n, ...place });
        const row = new RowReader(IMPORTED.locations, new ValueMap([])).read(Buffer.from(text));
        expect(row).toMatchObject({ id: 7n, wire: text });
      }),
    );
  });

  it.each([
    ['an unknown value', collection({ waste_type: 'cardboard' }), /^waste_type: Input should be 'organic'/],
    ['a missing field', collection().replace(',"status":"pending"', ''), /^status: it is missing$/],
    ['another field', collection({ note: 'x' }), /^note: the new API has no such field$/],
    [
      'a date that would be converted',
      collection({ collected_date: 0n }),
      /^collected_date: .* "1970-01-01T00:00:00Z"$/,
    ],
    ['a number as a text', collection({ quantity: '1.5' }), /^quantity: the new API would answer 1.5$/],
    ['no id', collection({ id: null }), /^id: it has no id$/],
    ['an id from before the first', collection({ id: 0n }), /^id: ids go from 1 to 9223372036854775807$/],
    ['an id that is too large', collection({ id: 2n ** 63n }), /^id: ids go from 1/],
    ['what is no JSON', '{"id":1', /^row: it is not JSON$/],
    ['what is no object', '[1]', /^row: Input should be a valid dictionary/],
  ])('refuses %s', (_, text, reason) => {
    expect(read([text])).toEqual([expect.stringMatching(reason)]);
  });

  it('refuses ids that do not ascend, and goes on', () => {
    expect(read([1n, 5n, 5n, 3n, 6n].map((id) => collection({ id })))).toEqual([
      'taken',
      'taken',
      expect.stringContaining('comes after id 5'),
      expect.stringContaining('comes after id 5'),
      'taken',
    ]);
  });

  it('takes what is only spelled otherwise, and counts it', () => {
    const reader = new RowReader(IMPORTED.collections, new ValueMap([]));
    const spaced = collection({ quantity: 5n }).replaceAll(':', ' : ').replaceAll(' : 30 : 00', ':30:00');
    expect(reader.read(Buffer.from(spaced))).toMatchObject({ wire: collection({ quantity: 5 }) });
    expect(reader.respelled).toBe(1);
  });

  it('changes a value by its rule, and no other', () => {
    const map = new ValueMap([{ field: 'waste_type', from: 'card=board:a', to: 'paper' }]);
    const rows = [
      collection({ waste_type: 'card=board:a' }),
      collection({ id: 2n, waste_type: 'card' }),
      collection({ id: 3n }),
    ];
    expect(read(rows, map)).toEqual(['taken', expect.stringContaining('waste_type'), 'taken']);
    expect(map.used).toEqual({ 'waste_type:card=board:a=paper': 1 });
  });
});
