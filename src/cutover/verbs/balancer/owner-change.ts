import { setTimeout as sleep } from 'node:timers/promises';
import { CutoverError, messageOf } from '../../cutover-error';
import type { ControlClient } from '../../control/control-client';
import type { GatewayStatus } from '../../gateway/gateway-status';
import { ownerIn, type PhaseName } from '../../traffic/phase';
import { BalancerError, FallBackError } from './balancer-errors';
import type { Haproxy } from './haproxy';

/** Milliseconds that a gateway which was just killed has to come back. */
const RESTART = 8000;

/** A step of the cutover, as it is sent to the control port. */
interface PhaseStep {
  readonly phase: PhaseName;
  readonly [option: string]: unknown;
}

/**
 * Makes a step, and has HAProxy fall back to the owner of the writes: to nobody before the owner changes, to the owner
 * afterwards, whatever became of the step. Making it again makes nothing worse.
 *
 * @throws BalancerError if HAProxy is not fit for it, so that nothing was changed; ControlError if the gateway refuses and
 *   HAProxy is as before; FallBackError if HAProxy does not fall back to the owner now
 */
export async function changePhase(step: PhaseStep, client: ControlClient, haproxy: Haproxy): Promise<GatewayStatus> {
  const before = await client.status();
  if (ownerIn(step.phase) !== before.owner) await demandTheTraffic(haproxy);
  try {
    if (ownerIn(step.phase) !== before.owner) await haproxy.fallBackTo(undefined);
    await client.post('/phase', step);
  } catch (error) {
    const now = await settle(client, haproxy, error);
    // The answer was lost, and the step was made.
    if (now.phase !== step.phase || before.phase === step.phase) throw error;
    return now;
  }
  return settle(client, haproxy);
}

/**
 * Has HAProxy fall back to the side that owns the writes now, and to no other.
 *
 * @param failure why the step before it failed, if it did
 * @throws FallBackError
 */
export async function settle(client: ControlClient, haproxy: Haproxy, failure?: unknown): Promise<GatewayStatus> {
  const again = `waste-cutover phase --haproxy ${haproxy.name}`;
  const why = failure === undefined ? '' : `${messageOf(failure)} `;
  let now: GatewayStatus;
  try {
    now = await statusSoon(client);
  } catch (error) {
    throw new FallBackError(
      `${why}Who owns the writes now is not known (${messageOf(error)}) HAProxy may fall back to nobody until you run: ${again}`,
    );
  }
  try {
    await haproxy.untilGatewayIsUp();
    await haproxy.fallBackTo(now.owner);
    const { fallBack } = await haproxy.state();
    if (fallBack.length === 1 && fallBack[0] === now.owner) return now;
    throw new BalancerError(`HAProxy falls back to ${fallBack.join(' and ') || 'nobody'}.`);
  } catch (error) {
    throw new FallBackError(
      `${why}The phase is ${now.phase} and ${now.owner} owns the writes, but HAProxy does not fall back to it: ${messageOf(error)} ` +
        `Mend that, then run: ${again}`,
    );
  }
}

/** @throws ControlError if it does not come back */
async function statusSoon(client: ControlClient): Promise<GatewayStatus> {
  const deadline = performance.now() + RESTART;
  for (;;) {
    try {
      return await client.status();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(250);
    }
  }
}

/** Where writes go past the gateway, its owner must not change. @throws CutoverError */
async function demandTheTraffic(haproxy: Haproxy): Promise<void> {
  const { front, gatewayIsUp } = await haproxy.state();
  const where =
    front !== undefined && front !== 'gateway'
      ? `sends the clients to ${front}, past the gateway`
      : gatewayIsUp
        ? undefined
        : 'takes the gateway to be down';
  if (where === undefined) return;
  throw new CutoverError(
    `HAProxy at ${haproxy.name} ${where}, so that the owner of the writes must not change. Nothing was changed. ` +
      'Look at "waste-cutover balancer".',
  );
}
