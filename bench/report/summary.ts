import type { Measurement } from '../run';
import type { CellResult } from '../rounds';
import type { SideName } from '../sides/side';
import { median, spreadOf, type Spread } from '../statistics';

/** The figures of a cell that the report shows. */
const FIGURES = ['perSecond', 'p50', 'p95', 'p99', 'serverCpu', 'postgresCpu', 'cpu', 'peakRss', 'pss'] as const;
export type Figure = (typeof FIGURES)[number];

/** One side in one cell: the median of each figure, and its ratio to the reference of the same round. */
export interface SideSummary {
  readonly figures: Readonly<Partial<Record<Figure, number>>>;
  readonly ratios: Readonly<Partial<Record<Figure, Spread>>>;
  /** The worst round's share of the machine that others took. */
  readonly othersCpu: number;
}

export interface CellSummary {
  readonly name: string;
  readonly refused: string | undefined;
  readonly sides: Readonly<Record<SideName, SideSummary>>;
  /** The API's ratios to the build before, in the same rounds; empty if there was none. */
  readonly before: SideSummary['ratios'];
}

function valuesOf(rounds: readonly Measurement[], figure: Figure): number[] {
  return rounds.flatMap((round) => round[figure] ?? []);
}

function summaryOf(rounds: readonly Measurement[], reference: readonly Measurement[]): SideSummary {
  const figures: Partial<Record<Figure, number>> = {};
  const ratios: Partial<Record<Figure, Spread>> = {};
  for (const figure of FIGURES) {
    const values = valuesOf(rounds, figure);
    if (values.length === 0) continue;
    figures[figure] = median(values);
    const base = valuesOf(reference, figure);
    if (base.length === values.length) ratios[figure] = spreadOf(values.map((value, n) => value / (base[n] ?? NaN)));
  }
  return { figures, ratios, othersCpu: Math.max(0, ...rounds.map(({ othersCpu }) => othersCpu)) };
}

/** The medians and ratios of every cell; a refused cell has none. */
export function summarize(results: readonly CellResult[]): CellSummary[] {
  return results.map(({ cell, rounds, refused }) => {
    const of = (side: SideName) => summaryOf(refused === undefined ? rounds[side] : [], rounds.reference);
    const sides = { reference: of('reference'), api: of('api'), floor: of('floor'), before: of('before') };
    const before = refused === undefined ? summaryOf(rounds.api, rounds.before).ratios : {};
    return { name: cell.name, refused, sides, before };
  });
}
