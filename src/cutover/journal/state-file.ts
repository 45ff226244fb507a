import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NextIdsState } from '../traffic/next-ids';
import type { PhaseName } from '../traffic/phase';
import { replacePrivateFile } from '../../private-file';
import { messageOf } from '../cutover-error';
import { JournalError } from './journal-error';

/** Where a copy for the follower was taken, and how to recognise a side that holds it. */
export interface ImportMark {
  readonly place: number;
  /** Of the owner's analytics at that place: how they start, or what they are; empty if they could not be read. */
  readonly total: string;
  readonly analytics: string;
  /** The digest of its list of locations. */
  readonly locations: string;
}

/** What the gateway knows beside the records: it is kept in `state.json`, replaced as a whole. */
export interface GatewayState {
  phase: PhaseName;
  /** Of the clients whose reads green answers in phase split. */
  percent: number;
  blue: string;
  green: string;
  lastPlace: number;
  /** Both sides have every write up to here; null while green has no copy. */
  followedTo: number | null;
  mark: ImportMark | null;
  /** The mark was compared with what green holds. */
  markChecked: boolean;
  ids: NextIdsState;
  /** So many pieces of evidence were looked at and accepted. */
  acknowledged: number;
  /** Why the follower is not fed any more; null if it is. */
  halted: string | null;
}

const NAME = 'state.json';

/** The state that a directory holds; undefined if it is new. @throws JournalError if it cannot be read */
export async function readState(directory: string): Promise<GatewayState | undefined> {
  const file = join(directory, NAME);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new JournalError(`${file} cannot be read: ${messageOf(error)}`);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as GatewayState;
  } catch (error) {
    throw new JournalError(
      `${file} is damaged: ${String(error)}. Restore it, or start with a new --journal directory.`,
    );
  }
}

/** Replaces the state so that a crash leaves the old one or the new one, never half of it. */
export function writeState(directory: string, state: GatewayState): Promise<void> {
  return replacePrivateFile(join(directory, NAME), `${JSON.stringify(state, null, 2)}\n`);
}
