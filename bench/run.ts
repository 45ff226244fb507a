import { setTimeout as sleep } from 'node:timers/promises';
import { collectionBodies } from './bodies';
import type { Cell } from './cells';
import { cpuMeter, type CpuUse } from './cpu-meter';
import { memoryOf, peakMemoryOf, resetPeak } from './processes';
import type { Side } from './sides/side';
import { SteadyWriter } from './steady-writer';
import { errorsIn, runWrk, type LoadResult } from './wrk';

/** How long and from what a cell is measured. */
export interface RunOptions {
  /** Whole seconds of the measured load; a warm-up of a third goes before it. */
  readonly seconds: number;
  readonly seedFile: string;
  /** Process id of the PostgreSQL server. */
  readonly postgres: number;
}

/** One cell on one side in one round. Latencies are milliseconds, CPU is milliseconds for 1,000 requests. */
export interface Measurement {
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly serverCpu: number;
  /** Of the server and of PostgreSQL together. */
  readonly cpu: number;
  /** Of all processes of PostgreSQL; undefined for a side without one. */
  readonly postgresCpu: number | undefined;
  /** Most resident bytes of the server during the load. */
  readonly peakRss: number;
  /** The server's proportional bytes right after the load. */
  readonly pss: number;
  /** Updates beside the load, a second. */
  readonly writesBeside: number | undefined;
  /** Share of the machine that went to others than the server, PostgreSQL, wrk and the benchmark: 0.5 is a half. */
  readonly othersCpu: number;
}

/** A run that counts for nothing, and why. */
export interface Refusal {
  readonly refused: string;
}

const SETTLE = 150;
const writerBodies = collectionBodies(500, 3);

/** Measures one cell on one side, on fresh data of the cell's size. */
export async function measure(
  cell: Cell,
  side: Side,
  round: number,
  { seconds: usual, seedFile, postgres }: RunOptions,
): Promise<Measurement | Refusal> {
  const { url, pid } = side.server;
  const seconds = Math.max(usual, cell.leastSeconds);
  const load = { url, kind: cell.kind, connections: cell.connections, rows: cell.rows, bodies: seedFile };
  await setRows(side, cell.rows);
  await runWrk({ ...load, seconds: seconds / 3, seed: 1000 + round });
  // What the warm-up added is not part of the cell.
  if (cell.kind === 'create' || cell.kind === 'mixed') await setRows(side, cell.rows);
  resetPeak(pid);

  const writer = cell.writesBeside > 0 ? new SteadyWriter(url, cell.rows, writerBodies, cell.writesBeside) : undefined;
  const used = cpuMeter({ server: pid, postgres });
  const result = await runWrk({ ...load, seconds, seed: round });
  const cpu = used();
  writer?.stop();

  const errors =
    errorsIn(result) ?? (writer && writer.failed > 0 ? `${writer.failed} updates beside failed` : undefined);
  if (errors !== undefined) return { refused: errors };
  return measurement(result, side, cpu, writer);
}

async function setRows(side: Side, rows: number): Promise<void> {
  // wrk hung up with requests under way, which the server still carries out.
  await sleep(SETTLE);
  await side.setRows(rows);
}

function measurement(result: LoadResult, side: Side, cpu: CpuUse, writer: SteadyWriter | undefined): Measurement {
  const seconds = result.microseconds / 1e6;
  return {
    perSecond: result.requests / seconds,
    p50: result.p50 / 1000,
    p95: result.p95 / 1000,
    p99: result.p99 / 1000,
    serverCpu: cpu.server / result.requests,
    cpu: (cpu.server + (side.postgres === undefined ? 0 : cpu.postgres)) / result.requests,
    postgresCpu: side.postgres === undefined ? undefined : cpu.postgres / result.requests,
    peakRss: peakMemoryOf(side.server.pid),
    pss: memoryOf(side.server.pid).pss,
    writesBeside: writer && writer.written / seconds,
    othersCpu: cpu.others,
  };
}
