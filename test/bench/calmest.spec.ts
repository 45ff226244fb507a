import { calmestOf } from '../../bench/calmest';

/** Measures these shares of others in turn; answers the one that counts, and how many were measured. */
async function calmest(repeats: number, shares: readonly number[]) {
  const left = [...shares];
  const counts = await calmestOf(
    repeats,
    () => Promise.resolve(left.shift() ?? NaN),
    (share) => share,
  );
  return { counts, measured: shares.length - left.length };
}

describe('the calmest of several measurements', () => {
  it('is the first one, if others did not disturb it', async () => {
    expect(await calmest(3, [0.1, 0.05])).toEqual({ counts: 0.1, measured: 1 });
  });

  it('is the first one that others did not disturb', async () => {
    expect(await calmest(3, [0.3, 0.08, 0.01])).toEqual({ counts: 0.08, measured: 2 });
  });

  it('is the least disturbed one, wherever it stood, if all were', async () => {
    expect(await calmest(2, [0.3, 0.2, 0.4, 0.01])).toEqual({ counts: 0.2, measured: 3 });
  });

  it('is the only one without repeats', async () => {
    expect(await calmest(0, [0.9, 0.01])).toEqual({ counts: 0.9, measured: 1 });
  });

  it('fails as the measurement does', async () => {
    const failing = () => Promise.reject(new Error('the server is gone'));
    await expect(calmestOf(3, failing, () => 0)).rejects.toThrow('the server is gone');
  });
});
