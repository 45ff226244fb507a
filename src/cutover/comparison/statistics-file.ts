import { readFile } from 'node:fs/promises';
import { replacePrivateFile } from '../../private-file';
import { CutoverError, messageOf } from '../cutover-error';
import type { PhaseName } from '../traffic/phase';
import type { GateLimits, GatesResult } from './gates';
import type { SavedStatistics } from './statistics';

export const STATISTICS_VERSION = 1;

/** The file of statistics: everything that a report needs. Times are ISO 8601 in UTC. */
export interface SavedComparison {
  version: typeof STATISTICS_VERSION;
  began: string;
  saved: string;
  limits: GateLimits;
  /** Unexplained differences that were logged up to this number are counted here; see `DifferenceLog`. */
  logged?: number;
  rules: { name: string; point?: number; sentence: string }[];
  phases: { phase: PhaseName; percent?: number; began: string; ended?: string; statistics: SavedStatistics }[];
  /** The verdicts on the last phase when the file was saved. */
  gates?: GatesResult;
}

/** The file is not there, or is none of statistics; the message says what to do. */
class StatisticsFileError extends CutoverError {
  override name = 'StatisticsFileError';
}

/** Writes the statistics so that at no moment a reader, or a killed process, finds half a file. */
export function saveStatistics(file: string, comparison: { toJSON(): SavedComparison }): Promise<void> {
  return replacePrivateFile(file, `${JSON.stringify(comparison)}\n`);
}

/** What was saved; undefined if there is no such file yet. @throws StatisticsFileError if it is something else */
export async function findStatistics(file: string): Promise<SavedComparison | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StatisticsFileError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return text === undefined ? undefined : parseStatistics(file, text);
}

/** @throws StatisticsFileError if there is no such file, or if it is something else */
export async function readStatistics(file: string): Promise<SavedComparison> {
  const saved = await findStatistics(file);
  if (saved !== undefined) return saved;
  throw new StatisticsFileError(`${file} does not exist: give the file that the gateway saves its statistics in`);
}

function parseStatistics(file: string, text: string): SavedComparison {
  let saved: Partial<SavedComparison> | null;
  try {
    saved = JSON.parse(text) as Partial<SavedComparison> | null;
  } catch (error) {
    throw new StatisticsFileError(`${file} is not a statistics file: ${(error as Error).message}`, { cause: error });
  }
  if (saved?.version !== STATISTICS_VERSION || !Array.isArray(saved.phases)) {
    throw new StatisticsFileError(`${file} is not a statistics file of version ${STATISTICS_VERSION}`);
  }
  return saved as SavedComparison;
}
