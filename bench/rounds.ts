import type { Cell } from './cells';
import { measure, type Measurement, type Refusal, type RunOptions } from './run';
import type { Side, SideName } from './sides/side';

/** One cell over all rounds: the measurements of a round stand at the same index on every side. */
export interface CellResult {
  readonly cell: Cell;
  readonly rounds: Readonly<Record<SideName, readonly Measurement[]>>;
  /** Why the cell gives no figures; undefined if it does. */
  readonly refused: string | undefined;
}

class Tally implements CellResult {
  readonly rounds: Record<SideName, Measurement[]> = { reference: [], api: [], floor: [] };
  refused: string | undefined;

  constructor(readonly cell: Cell) {}
}

/** Turns a list by so many places: A B C, B C A, C A B. */
export function turned<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/**
 * Measures every cell on every side, round after round, the sides taking turns. A cell with an error on any side is
 * refused and not measured again.
 */
export async function measureRounds(
  cells: readonly Cell[],
  sides: readonly Side[],
  rounds: number,
  options: RunOptions,
  onProgress: (line: string) => void,
): Promise<CellResult[]> {
  const results = cells.map((cell) => new Tally(cell));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, result] of results.entries()) {
      for (const side of turned(sides, round + index)) {
        if (result.refused !== undefined) continue;
        const measured = await measure(result.cell, side, round + 1, options);
        onProgress(`round ${round + 1}/${rounds} ${result.cell.name} ${side.name}: ${inWords(measured)}`);
        if ('refused' in measured) result.refused = `${side.name}: ${measured.refused}`;
        else result.rounds[side.name].push(measured);
      }
    }
  }
  return results;
}

function inWords(measured: Measurement | Refusal): string {
  if ('refused' in measured) return `refused, ${measured.refused}`;
  return `${Math.round(measured.perSecond)}/s, P50 ${measured.p50.toFixed(2)} ms`;
}
