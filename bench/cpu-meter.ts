import { availableParallelism } from 'node:os';
import { cpuOf, cpuWithoutRunningChildren, machineCpu } from './processes';

export interface CpuUse {
  /** Microseconds. */
  readonly server: number;
  /** Microseconds, of all processes of PostgreSQL. */
  readonly postgres: number;
  /** Share of the machine that went to others than these and the benchmark: 0.5 is a half. */
  readonly others: number;
}

/** Starts to count CPU time; the answer ends it. @param pids process ids of the server and of PostgreSQL's */
export function cpuMeter({ server, postgres }: { server: number; postgres: number }): () => CpuUse {
  const read = () => ({
    server: cpuOf(server),
    postgres: cpuOf(postgres),
    own: cpuWithoutRunningChildren(process.pid),
    machine: machineCpu(),
    at: performance.now(),
  });
  const before = read();
  return () => {
    const after = read();
    const use = (key: keyof typeof before) => after[key] - before[key];
    const others = use('machine') - use('server') - use('postgres') - use('own');
    const capacity = use('at') * 1000 * availableParallelism();
    return { server: use('server'), postgres: use('postgres'), others: Math.max(0, others / capacity) };
  };
}
