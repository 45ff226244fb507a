import { obtainConsent } from '../../src/recordings/consent';
import { parseTarget } from '../../src/recordings/raw-http';
import { runResetCommand } from '../../src/recordings/reset-command';
import { DatabaseReset, ResetError } from '../../src/recordings/reset-database';
import { ServerConnection } from './connection';

/** How one side's store is emptied before each sequence. */
export interface ResetChoice {
  /** A URL that empties the store when it is asked (the reference's second port), or a shell command. */
  reset?: string;
  /** The PostgreSQL database of the server. */
  resetDatabase?: string;
  yesDestroyData: boolean;
}

export interface Reset {
  empty: () => Promise<unknown>;
  end: () => Promise<void>;
}

/**
 * The chosen way, ready for use.
 * @throws TypeError unless exactly one way is chosen; ConsentError and ResetError as the replay tool does
 */
export async function openReset(side: string, { reset, resetDatabase, yesDestroyData }: ResetChoice): Promise<Reset> {
  if ((reset === undefined) === (resetDatabase === undefined)) {
    throw new TypeError(`say how to empty the ${side} store: either --${side}-reset or --${side}-reset-database`);
  }
  if (resetDatabase !== undefined) {
    const database = await DatabaseReset.connect(resetDatabase);
    await obtainConsent(database, yesDestroyData);
    return { empty: () => database.resetIfWritten(), end: () => database.end() };
  }
  const way = reset ?? '';
  return /^http:\/\//.test(way) ? resetByUrl(way) : { empty: () => runResetCommand(way), end: () => Promise.resolve() };
}

function resetByUrl(url: string): Reset {
  const connection = new ServerConnection(parseTarget(url));
  const request = { method: 'POST', target: '/', headers: [], body: null };
  const empty = async (): Promise<void> => {
    const { status } = await connection.send(request);
    if (status >= 300) throw new ResetError(`${url} answered ${status} to the request to empty the store`);
  };
  const end = (): Promise<void> => {
    connection.close();
    return Promise.resolve();
  };
  return { empty, end };
}
