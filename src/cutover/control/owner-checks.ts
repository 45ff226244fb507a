import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SIDES, type SideName } from '../traffic/side-name';

/** Milliseconds after which a balancer that asks no more is taken to be gone: several times the interval of its checks. */
const ASKED_LATELY = 5000;
/** Milliseconds that a balancer has to hear that nobody owns the writes. */
const PATIENCE = 5000;
const LOOK_AGAIN = 20;
/** How often HAProxy asks while its checks find a gateway that has just been started: more than twice what they need. */
const QUIET_ASKS = 12;

/**
 * What a balancer asks, to know which side it may fall back to when the gateway dies: GET /owner/blue and /owner/green are
 * answered with 200 if that side owns the writes, else with 503; with /agent behind the path, in the one line that HAProxy's
 * agent-check reads. They tell nothing that needs a token.
 *
 * A balancer keeps the last answer while nobody answers. So before the owner changes both sides are told not to own the writes,
 * until the balancer has heard it: whenever the gateway dies, its last word was the truth, or that nobody may take over.
 *
 * A gateway that has just been started says nothing to HAProxy at first, so that what it last heard holds: if nobody may take over,
 * the owner must not get writes while HAProxy does not yet see the gateway.
 */
export class OwnerChecks {
  /** Above 0 while nobody may take over. */
  private withdrawn = 0;
  private asked: Readonly<Record<SideName, number>> = { blue: 0, green: 0 };
  private lastAsked: Readonly<Record<SideName, number>> = { blue: -Infinity, green: -Infinity };

  /**
   * @param owner the side that owns the writes now
   * @param quietAsks how often HAProxy asks for a side in vain at first
   */
  constructor(
    private readonly owner: () => SideName,
    private readonly quietAsks = QUIET_ASKS,
  ) {}

  /** Answers if it is asked this. @returns false for any other request, which is left alone */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const [, name, form] = /^\/owner\/(\w+)(\/agent)?$/.exec(request.url ?? '') ?? [];
    const side = SIDES.find((known) => known === name);
    if (side === undefined || request.method !== 'GET') return false;
    this.asked = { ...this.asked, [side]: this.asked[side] + 1 };
    this.lastAsked = { ...this.lastAsked, [side]: performance.now() };
    const owns = this.withdrawn === 0 && this.owner() === side;
    if (form === undefined) {
      response.writeHead(owns ? 200 : 503, { 'content-type': 'text/plain', connection: 'close' });
      response.end(owns ? `${side} owns the writes\n` : `${side} must get no writes past the gateway\n`);
    } else {
      // No head: HAProxy takes the first line for the answer, and without one changes nothing.
      const isQuiet = this.withdrawn === 0 && this.asked[side] <= this.quietAsks;
      request.socket.end(isQuiet ? '' : owns ? 'ready\n' : 'maint\n');
    }
    return true;
  }

  /** Makes a step that may change the owner, while nobody may take over. @throws what the step throws */
  async whileChanging<Result>(to: SideName, change: () => Promise<Result>): Promise<Result> {
    if (to === this.owner()) return change();
    await this.withdraw();
    try {
      return await change();
    } finally {
      this.withdrawn -= 1;
    }
  }

  /** Nobody may take over from here on, as before a stop. Resolves when a balancer that asks has heard it. */
  async withdraw(): Promise<void> {
    const owner = this.owner();
    this.withdrawn += 1;
    const before = this.asked[owner];
    const deadline = performance.now() + PATIENCE;
    // The second time it asks it has acted upon the first answer.
    while (this.isAsked(owner) && this.asked[owner] < before + 2 && performance.now() < deadline)
      await sleep(LOOK_AGAIN);
  }

  private isAsked(side: SideName): boolean {
    return performance.now() - this.lastAsked[side] < ASKED_LATELY;
  }
}
