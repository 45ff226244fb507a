import { SideAway } from '../order/nouns';
import type { FollowClient } from '../order/ports/follow-client';
import { WrongSide } from '../sides/side-check';

/**
 * Makes sure that green can be fed: its follower's interface is there, and takes this token.
 *
 * @param mayBeAway a gateway that restarts goes on without a green that is away
 * @throws WrongSide saying what to do
 */
export async function demandFollowing(
  client: Pick<FollowClient, 'get'>,
  { admin, mayBeAway }: { readonly admin: URL; readonly mayBeAway: boolean },
): Promise<void> {
  let status: number;
  try {
    ({ status } = await client.get('/follow'));
  } catch (error) {
    if (!(error instanceof SideAway)) throw error;
    if (mayBeAway) return;
    throw new WrongSide(`${error.message}. Start green, or correct --green-admin ${admin.origin}.`);
  }
  if (status === 200 || (mayBeAway && status >= 500)) return;
  throw new WrongSide(`${admin.origin} answers ${status} to GET /follow: ${adviceOn(status)}`);
}

function adviceOn(status: number): string {
  if (status === 401)
    return 'the token is not that of green. Give both the same one: --follow-token-file here, FOLLOW_TOKEN_FILE there.';
  if (status === 404) {
    return 'green cannot be followed with. Start it with FOLLOW_TOKEN_FILE (or FOLLOW_TOKEN), and give --green-admin the address of its admin port (PORT + 1000 unless ADMIN_PORT says otherwise).';
  }
  return 'is this the address of its admin port, and is its database there?';
}
