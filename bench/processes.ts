import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { BenchError } from './bench-error';

/** Linux reports CPU time in hundredths of a second, whatever the kernel's own tick. */
const TICK = 10_000;

/** Bytes of memory: resident, and with shared pages divided among those who share them. */
export interface Memory {
  readonly rss: number;
  readonly pss: number;
}

interface Stat {
  readonly parent: number;
  /** Microseconds. */
  readonly own: number;
  /** Of children that have ended, microseconds. */
  readonly endedChildren: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses, and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (index: number) => Number(fields[index]) * TICK;
    return { parent: Number(fields[1]), own: ticks(11) + ticks(12), endedChildren: ticks(13) + ticks(14) };
  } catch {
    return undefined;
  }
}

/** A process and its children, as PostgreSQL's server and its backends. */
export function familyOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return [pid, ...pids.map(Number).filter((candidate) => statOf(candidate)?.parent === pid)];
}

/** CPU time that a process and its children have used so far, those that have ended included, in microseconds. */
export function cpuOf(pid: number): number {
  const ended = statOf(pid)?.endedChildren;
  if (ended === undefined) throw new BenchError(`process ${pid} is gone: a server ended during the measurement`);
  return familyOf(pid).reduce((sum, member) => sum + (statOf(member)?.own ?? 0), ended);
}

/** CPU time of one process and of those of its children that have ended, in microseconds. */
export function cpuWithoutRunningChildren(pid: number): number {
  const { own, endedChildren } = statOf(pid) ?? { own: 0, endedChildren: 0 };
  return own + endedChildren;
}

function kilobytes(file: string, key: string): number {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** The memory of a process and its children together. Shared pages count once in `pss`, once for each in `rss`. */
export function memoryOf(pid: number): Memory {
  const all = familyOf(pid).map((member) => `/proc/${member}/smaps_rollup`);
  const sum = (key: string) => all.reduce((total, file) => total + kilobytes(file, key), 0);
  return { rss: sum('Rss'), pss: sum('Pss') };
}

/** From now on peakMemoryOf counts afresh. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The most resident bytes of one process since resetPeak. */
export function peakMemoryOf(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmHWM');
}

/** CPU time that the whole machine has used so far, in microseconds. */
export function machineCpu(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK;
}
