import { CutoverError } from '../cutover-error';
import { targetName } from '../../recordings/raw-http';
import { listPath } from '../traffic/resource';
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

/** True if a side holds nothing at all. @throws SideAway */
export async function isEmpty(side: Side): Promise<boolean> {
  const { status, body } = await side.get('/api/analytics');
  if (status >= 502) throw new SideAway('silent', `${side.name} answers ${status} to GET /api/analytics`);
  if (status !== 200 || !body.toString('latin1').startsWith('{"total_collections":0,')) return false;
  return (await side.get(listPath('locations'))).body.length === '[]'.length;
}
