import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf, type Memory } from './processes';
import { turned } from './rounds';
import { listsBySide, type Side, type SideName } from './sides/side';

const SETTLE = 2000;

/** One start of a server on 1,000 rows: milliseconds to the first 200 of /health, and its memory two seconds later. */
export interface Start {
  readonly milliseconds: number;
  readonly idle: Memory;
}

/** Starts every server afresh, the sides taking turns, while those that are measured idle. */
export async function measureStarts(
  sides: readonly Side[],
  rounds: number,
  onProgress: (line: string) => void,
): Promise<Record<SideName, Start[]>> {
  const starts = listsBySide<Start>();
  await Promise.all(sides.map((side) => side.setRows(1000)));
  for (let round = 0; round < rounds; round += 1) {
    for (const side of turned(sides, round)) {
      const server = await side.launch();
      await sleep(SETTLE);
      const start = { milliseconds: server.startUp, idle: memoryOf(server.pid) };
      await server.kill();
      starts[side.name].push(start);
      onProgress(`start ${round + 1}/${rounds} ${side.name}: ${Math.round(start.milliseconds)} ms`);
    }
  }
  return starts;
}
