import fc from 'fast-check';
import { LatencyHistogram, RELATIVE_ERROR, type SavedHistogram } from './latency-histogram';

const latencies = fc.array(fc.double({ min: 0.001, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 400 });
const parts = fc.constantFrom(0, 0.01, 0.5, 0.95, 0.99, 0.999, 1);

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** By nearest rank, from all the values. */
function exactQuantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1]!;
}

test('a quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(latencies, parts, (values, part) => {
      const exact = exactQuantile(values, part);
      const rounding = 1e-9;
      expect(Math.abs(histogramOf(values).quantile(part)! - exact)).toBeLessThanOrEqual(
        exact * (RELATIVE_ERROR + rounding),
      );
    }),
  );
});

test('histograms that are added give what one of all values gives', () => {
  fc.assert(
    fc.property(latencies, latencies, parts, (left, right, part) => {
      const added = histogramOf(left);
      added.merge(histogramOf(right));
      const whole = histogramOf([...left, ...right]);
      expect(added.count).toBe(whole.count);
      expect(added.quantile(part)).toBe(whole.quantile(part));
      expect(added.longest).toBe(whole.longest);
    }),
  );
});

test('a histogram survives being saved', () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const histogram = histogramOf(values);
      const restored = LatencyHistogram.fromJSON(JSON.parse(JSON.stringify(histogram)) as SavedHistogram);
      expect(restored.toJSON()).toEqual(histogram.toJSON());
      expect(restored.count).toBe(values.length);
    }),
  );
});

test('an empty histogram knows nothing, also after it was saved and added to', () => {
  const empty = LatencyHistogram.fromJSON(JSON.parse(JSON.stringify(new LatencyHistogram())) as SavedHistogram);
  expect([empty.count, empty.quantile(0.5), empty.mean, empty.longest]).toEqual([0, undefined, undefined, undefined]);
  empty.merge(histogramOf([2]));
  expect(empty.quantile(0)).toBe(2);
});

test('what lies outside a microsecond and an hour still counts, and never beyond what was recorded', () => {
  const histogram = histogramOf([0, 0.0001, 7_200_000]);
  expect(histogram.quantile(0.5)).toBeLessThanOrEqual(0.001);
  expect(histogram.quantile(1)).toBeLessThanOrEqual(7_200_000);
  expect(histogram.longest).toBe(7_200_000);
});

test.each([NaN, -1, Infinity])('%p is refused', (value) => {
  expect(() => new LatencyHistogram().record(value)).toThrow(RangeError);
});
