import { createHash } from 'node:crypto';
import { Spool } from './spool';

async function* batches(count: number, size: number): AsyncGenerator<Buffer[]> {
  for (let batch = 0; batch < count; batch += 1) {
    yield await Promise.resolve(Array.from({ length: size }, (_, row) => Buffer.from(`{"id":${batch * size + row}}`)));
  }
}

async function rowsOf(spool: Spool): Promise<string[]> {
  const rows: string[] = [];
  for await (const some of spool.rows()) rows.push(...some.map(String));
  return rows;
}

describe('Spool', () => {
  it('gives the rows back as often as asked, with the digest of the list', async () => {
    const counts: number[] = [];
    const spool = await Spool.fill(batches(40, 1000), (rows) => counts.push(rows));
    const expected = Array.from({ length: 40_000 }, (_, id) => `{"id":${id}}`);
    expect(await rowsOf(spool)).toEqual(expected);
    expect(await rowsOf(spool)).toEqual(expected);
    const sha256 = createHash('sha256')
      .update(`[${expected.join(',')}]`)
      .digest('hex');
    expect(spool.summary).toEqual({ rows: 40_000, sha256 });
    expect(counts.at(-1)).toBe(40_000);
    await spool.close();
  });

  it('holds an empty list', async () => {
    const spool = await Spool.fill(batches(0, 0));
    expect(await rowsOf(spool)).toEqual([]);
    expect(spool.summary).toEqual({ rows: 0, sha256: createHash('sha256').update('[]').digest('hex') });
    await spool.close();
  });

  it('passes on why its source failed', async () => {
    async function* failing(): AsyncGenerator<Buffer[]> {
      yield await Promise.resolve([Buffer.from('1')]);
      throw new Error('away');
    }
    await expect(Spool.fill(failing())).rejects.toThrow('away');
  });
});
