import { get } from 'node:http';
import { join } from 'node:path';
import type { HttpProcess } from '../harness/http-process';
import { calmestOf } from './calmest';
import { cpuMeter } from './cpu-meter';
import { memoryOf, peakMemoryOf, resetPeak } from './processes';
import { writeSeedFile } from './seed';
import type { DatabaseSide } from './sides/database-side';
import { ReferenceSide } from './sides/reference-side';

const LARGE_ROWS = 1_000_000;
const LISTS = 5;

/** One list of all rows: milliseconds and bytes. */
export interface LargeList {
  /** Whether a row was written before it, so that nothing known of the table still holds. */
  readonly changed: boolean;
  readonly firstByte: number;
  readonly total: number;
  readonly bytes: number;
  readonly peakRss: number;
  /** Share of the machine that went to others meanwhile: 0.5 is a half. */
  readonly othersCpu: number;
}

/** A million rows: the lists of this server, and proportional bytes of memory before them. */
export interface Large {
  readonly lists: readonly LargeList[];
  readonly api: number;
  readonly postgres: number;
  readonly reference: number;
  /** Server and PostgreSQL of the reference's memory. */
  readonly ratio: number;
}

/**
 * Measures memory and lists with a million rows on freshly started servers.
 *
 * @param folder where a seed file may lie
 * @param repeats how often a list that others disturbed is measured again
 */
export async function measureLarge(
  side: DatabaseSide,
  folder: string,
  repeats: number,
  onProgress: (line: string) => void,
): Promise<Large> {
  onProgress(`a million rows: filling`);
  await side.setRows(LARGE_ROWS);
  const reference = await referenceMemory(folder);
  const server = await side.launch();
  try {
    // What is asked for first makes the server ready; a single row tells nothing of a million.
    await read(`${server.url}/api/collections/1`);
    const api = memoryOf(server.pid).pss;
    const postgres = memoryOf(side.postgres).pss;
    const lists: LargeList[] = [];
    for (let round = 0; round < LISTS * 2; round += 1) {
      const measure = () => measureList(side, server, round % 2 === 0);
      const list = await calmestOf(repeats, measure, ({ othersCpu }) => othersCpu);
      lists.push(list);
      onProgress(`a million rows, list ${round + 1}: first byte after ${list.firstByte.toFixed(0)} ms`);
    }
    return { lists, api, postgres, reference, ratio: (api + postgres) / reference };
  } finally {
    await server.kill();
  }
}

async function measureList(side: DatabaseSide, server: HttpProcess, changed: boolean): Promise<LargeList> {
  if (changed) await side.touch();
  resetPeak(server.pid);
  const used = cpuMeter({ server: server.pid, postgres: side.postgres });
  const list = await read(`${server.url}/api/collections`);
  return { changed, ...list, peakRss: peakMemoryOf(server.pid), othersCpu: used().others };
}

async function referenceMemory(folder: string): Promise<number> {
  const file = join(folder, 'seed-large.jsonl');
  writeSeedFile(file, LARGE_ROWS);
  const side = await ReferenceSide.start(file);
  try {
    await side.setRows(LARGE_ROWS);
    return memoryOf(side.server.pid).pss;
  } finally {
    await side.stop();
  }
}

/** Asks once and reads all, without keeping it. */
function read(url: string): Promise<{ firstByte: number; total: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const asked = performance.now();
    get(url, { agent: false }, (response) => {
      const firstByte = performance.now() - asked;
      let bytes = 0;
      response.on('data', (piece: Buffer) => (bytes += piece.length));
      response.on('end', () => resolve({ firstByte, total: performance.now() - asked, bytes }));
    }).on('error', reject);
  });
}
