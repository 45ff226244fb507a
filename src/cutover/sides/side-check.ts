import { CutoverError } from '../cutover-error';
import { targetName } from '../../recordings/raw-http';
import type { Side } from './side';
import { SideAway } from './side-away';

/** A side is not what it should be; the message says what to do. */
export class WrongSide extends CutoverError {
  override name = 'WrongSide';
}

/**
 * Makes sure that a side is the API, so that a mistyped address does no harm.
 *
 * @param mayBeAway a gateway that restarts goes on without a side that is away
 * @throws WrongSide
 */
export async function demandApi(side: Side, mayBeAway: boolean): Promise<void> {
  const url = `http://${targetName(side.target)}`;
  try {
    const { status, body } = await side.get('/health');
    if (status === 200 && body.toString('latin1').startsWith('{"status":"healthy","timestamp":"')) return;
    // Green says so itself when its database is away.
    if (mayBeAway && status === 503) return;
    throw new WrongSide(
      `${url} answers ${status} to GET /health, not as the API does: is it the address of ${side.name}?`,
    );
  } catch (error) {
    if (!(error instanceof SideAway)) throw error;
    if (mayBeAway) return;
    throw new WrongSide(`${error.message}. Start ${side.name}, or correct --${side.name} ${url}.`);
  }
}
