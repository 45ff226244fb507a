import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../cutover-error';
import type { GatewayStatus } from '../../gateway/gateway-status';
import { BalancerError } from './balancer-errors';
import type { Front, Haproxy, HaproxyState } from './haproxy';

const LOOK_AGAIN = 100;

/**
 * Sends the clients' requests to the gateway, to the owner of the writes past it, or to nobody, and waits until those that went
 * elsewhere have ended.
 *
 * @param patience milliseconds for those
 * @param force also where that is not where the writes belong
 * @throws BalancerError
 */
export async function moveFront(
  haproxy: Haproxy,
  to: Front,
  status: GatewayStatus,
  { patience, force }: { readonly patience: number; readonly force: boolean },
): Promise<void> {
  const before = await haproxy.state();
  if (!force) demandRight(to, before, status);
  if (to === 'gateway') {
    await haproxy.untilGatewayIsUp();
    await haproxy.fallBackTo(status.owner);
  }
  const { file } = await haproxy.moveFront(to);
  await keep(file, to);
  const deadline = performance.now() + patience;
  const others = ({ underWay }: HaproxyState) => (to === 'gateway' ? underWay.past : underWay.gateway);
  while (others(await haproxy.state()) > 0) {
    if (performance.now() > deadline) {
      throw new BalancerError('Requests that began before are still under way: wait for them, and run this again.');
    }
    await sleep(LOOK_AGAIN);
  }
}

/** @throws BalancerError if the writes would not be where they belong */
function demandRight(to: Front, { front }: HaproxyState, { phase, owner }: GatewayStatus): void {
  if ((to === 'blue' || to === 'green') && to !== owner) {
    throw new BalancerError(`${owner} owns the writes in phase ${phase}, so that clients cannot be sent to ${to}.`);
  }
  const wentPast = front === 'blue' || front === 'green';
  if (to !== 'gateway' || !wentPast || phase === 'blue' || phase === 'done') return;
  const cure =
    owner === 'blue'
      ? '"waste-cutover phase blue" first, and copy again afterwards'
      : 'first "waste-cutover balancer nobody", then "waste-cutover phase --rebuild-follower"';
  throw new BalancerError(
    `The clients went to ${front} past the gateway, and the other side lacks what they wrote: ${cure}. ` +
      'The runbook says more under "Coming back after a fall-back".',
  );
}

/** HAProxy reads the file when it starts. @throws BalancerError if it cannot be written here */
async function keep(file: string, to: Front): Promise<void> {
  try {
    const [text, { mode }] = [await readFile(file, 'utf8'), await stat(file)];
    const changed = text.replace(/^front\s+\S+$/m, `front ${to}`);
    if (changed === text) return;
    await writeFile(`${file}.new`, changed, { mode });
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new BalancerError(
      `HAProxy sends the clients to ${to} now, but a restart of it would not: write "front ${to}" into its ${file} (${messageOf(error)}).`,
    );
  }
}
