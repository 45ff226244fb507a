import { calmestOf } from './calmest';
import type { Cell } from './cells';
import { measure, type Measurement, type Refusal, type RunOptions } from './run';
import { listsBySide, type Side, type SideName } from './sides/side';

/** One cell over all rounds: the measurements of a round stand at the same index on every side. */
export interface CellResult {
  readonly cell: Cell;
  readonly rounds: Readonly<Record<SideName, readonly Measurement[]>>;
  /** Why the cell gives no figures; undefined if it does. */
  readonly refused: string | undefined;
}

class Tally implements CellResult {
  readonly rounds = listsBySide<Measurement>();
  refused: string | undefined;

  constructor(readonly cell: Cell) {}
}

/** Turns a list by so many places: A B C, B C A, C A B. */
export function turned<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

type Round = Record<SideName, Measurement>;

/**
 * Measures every cell on every side, round after round, the sides taking turns. A cell with an error on any side is
 * refused and not measured again.
 *
 * @param repeats how often a round that others disturbed is measured again; the calmest one counts, whatever it shows
 */
export async function measureRounds(
  cells: readonly Cell[],
  sides: readonly Side[],
  { rounds, repeats }: { readonly rounds: number; readonly repeats: number },
  options: RunOptions,
  onProgress: (line: string) => void,
): Promise<CellResult[]> {
  const results = cells.map((cell) => new Tally(cell));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, result] of results.entries()) {
      if (result.refused !== undefined) continue;
      const turn = turned(sides, round + index);
      const attempt = () =>
        measureRound(result, turn, round, options, (line) =>
          onProgress(`round ${round + 1}/${rounds} ${result.cell.name} ${line}`),
        );
      const calmest = await calmestOf(repeats, attempt, (measured) => (measured ? disturbance(measured) : 0));
      if (calmest !== undefined) for (const { name } of sides) result.rounds[name].push(calmest[name]);
    }
  }
  return results;
}

/** One cell on every side; undefined if it is refused. */
async function measureRound(
  result: Tally,
  sides: readonly Side[],
  round: number,
  options: RunOptions,
  onProgress: (line: string) => void,
): Promise<Round | undefined> {
  const measured: Partial<Round> = {};
  for (const side of sides) {
    const one = await measure(result.cell, side, round + 1, options);
    onProgress(`${side.name}: ${inWords(one)}`);
    if ('refused' in one) {
      result.refused = `${side.name}: ${one.refused}`;
      return undefined;
    }
    measured[side.name] = one;
  }
  return measured as Round;
}

function disturbance(round: Round): number {
  return Math.max(...Object.values(round).map(({ othersCpu }) => othersCpu));
}

function inWords(measured: Measurement | Refusal): string {
  if ('refused' in measured) return `refused, ${measured.refused}`;
  const { perSecond, p50, othersCpu } = measured;
  return `${Math.round(perSecond)}/s, P50 ${p50.toFixed(2)} ms, others ${(othersCpu * 100).toFixed(0)} %`;
}
