import type { Gauge, Registry } from 'prom-client';
import type { BucketCounts } from './bucket-counts';

type Labels = Readonly<Record<string, string>>;
/** A value with its labels. */
export type Sample = readonly [value: number, labels: Labels];

/** What prom-client's registry renders. */
interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** If it is not the metric's own. */
  readonly metricName?: string;
}

/** A value that goes up and down, read when somebody asks. */
export function gauge(registry: Registry, name: string, help: string, read: () => readonly Sample[]): void {
  register(registry, 'gauge', name, help, () => read().map(([value, labels]) => ({ value, labels })));
}

/** A value that somebody else counts, and that only goes up until the process ends; read when somebody asks. */
export function counter(registry: Registry, name: string, help: string, read: () => readonly Sample[]): void {
  register(registry, 'counter', name, help, () => read().map(([value, labels]) => ({ value, labels })));
}

/** Durations that were counted in buckets, read when somebody asks. */
export function histogram(
  registry: Registry,
  name: string,
  help: string,
  read: () => readonly { readonly labels: Labels; readonly counts: BucketCounts }[],
): void {
  register(registry, 'histogram', name, help, () =>
    read().flatMap(({ labels, counts }): Value[] => [
      ...[...counts.cumulative()].map(({ le, count }) => ({
        value: count,
        labels: { ...labels, le },
        metricName: `${name}_bucket`,
      })),
      { value: counts.sum, labels, metricName: `${name}_sum` },
      { value: counts.count, labels, metricName: `${name}_count` },
    ]),
  );
}

/**
 * prom-client's own classes hold their values and hash the labels at each change; these are read from where they are counted.
 * The registry asks no more of a metric than what is given here, and renders and escapes it.
 */
function register(
  registry: Registry,
  type: 'gauge' | 'counter' | 'histogram',
  name: string,
  help: string,
  read: () => readonly Value[],
): void {
  const get = () => Promise.resolve({ name, help, type, values: read(), aggregator: 'sum' });
  registry.registerMetric({ name, help, type, get } as unknown as Gauge);
}
