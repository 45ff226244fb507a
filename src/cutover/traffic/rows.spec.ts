import { highestId, idOfRow, rowsOf } from './rows';

it('finds the rows of a list, whatever their texts hold', () => {
  const rows = ['{"id":2,"location":"},{\\"id\\":9,"}', '{"id":11,"location":"]"}', '{"id":3,"location":"é"}'];
  const list = Buffer.from(`[${rows.join(',')}]`);
  expect([...rowsOf(list)].map(({ id, bytes }) => [id, bytes.toString()])).toEqual([
    [2, rows[0]],
    [11, rows[1]],
    [3, rows[2]],
  ]);
  expect(highestId(list)).toBe(11);
  expect([...rowsOf(Buffer.from('[]'))]).toEqual([]);
  expect(highestId(Buffer.from('[]'))).toBe(0);
});

it('reads the id of an answer', () => {
  expect(idOfRow(Buffer.from('{"id":17,"location":""}'))).toBe(17);
  expect(idOfRow(Buffer.from('{"detail":"x"}'))).toBeUndefined();
});
