import { createServer, type IncomingMessage, type Server } from 'node:http';
import { whenDone } from '../../contract/http/guard';
import { readBody } from '../../contract/http/request-body';
import { hearSocketErrors } from '../../contract/http/socket-errors';
import { messageOf } from '../cutover-error';
import type { Gateway } from '../gateway/gateway';
import type { RunningComparison } from '../comparison/running-comparison';
import { GateSettingsError } from '../comparison/gate-settings';
import { JournalError } from '../gateway/kept/journal-error';
import type { MarkPurpose } from '../gateway/marks';
import { phaseNamed } from '../gateway/steps';
import { OrderRefused, SideAway } from '../order/nouns';
import { ownerIn } from '../traffic/phase';
import { PhaseRefused } from '../traffic/phase-refused';
import type { OwnerChecks } from './owner-checks';
import { rightsBy, type Tokens } from './tokens';
import { sendJson, sendShown, viewsOf } from './views';
import type { Watching } from './watch/watching';

/** What is sent to the control port, checked as far as its shape goes. */
type Input = Readonly<Record<string, unknown>>;
/** Shows and changes what the gates demand. */
type GateLimitsControl = Pick<RunningComparison, 'limits' | 'changeLimits'>;
type Action = (input: Input) => unknown;

const BODY_LIMIT = 1 << 16;

/**
 * The port that changes and shows the phase. It wants `Authorization: Bearer TOKEN`, but for the page, and speaks JSON: what can
 * be seen is in views.ts; POST /phase, POST /import-mark, POST /rebuild-follower and PATCH /gates change something, which is told
 * as an event. Refusals are 409 with `{"error": sentence}`. A balancer asks without a token who owns the writes, see OwnerChecks.
 */
export function createControlServer(
  gateway: Gateway,
  watching: Watching,
  tokens: Tokens,
  owners: OwnerChecks,
  gates?: GateLimitsControl,
): Server {
  const actions = { ...actionsOf(gateway, owners), ...(gates && gateActions(gates)) };
  const views = viewsOf(watching);
  const right = rightsBy(tokens);
  const server = createServer((request, response) => {
    if (owners.answer(request, response)) return;
    const { method = '', url = '', headers } = request;
    const answer = (status: number, body: unknown) => sendJson(response, status, body);
    const view = method === 'GET' ? views.get(url) : undefined;
    const action = actions[`${method} ${url}`];
    const may = right(headers.authorization);
    if (may === 'nothing' && view?.isOpen !== true) {
      answer(401, { error: 'The token is wrong: give the one that the gateway was started with.' });
      return;
    }
    if (may === 'watch' && view === undefined) {
      answer(403, { error: 'This token is for watching only: give the one that changes phases.' });
      return;
    }
    if (view !== undefined) {
      whenDone(
        response,
        Promise.resolve().then(() => view.show()),
        (shown) => sendShown(response, shown),
        (error) => answer(500, { error: messageOf(error) }),
      );
      return;
    }
    if (action === undefined) {
      const known = [...[...views.keys()].map((path) => `GET ${path}`), ...Object.keys(actions)];
      answer(404, { error: `There is no such action; there are ${known.join(', ')}.` });
      return;
    }
    whenDone(
      response,
      method === 'GET' ? Promise.resolve(action({})) : perform(action, request, watching),
      (body) => answer(200, body),
      (error) => answer(statusOf(error), { error: messageOf(error) }),
    );
  });
  hearSocketErrors(server);
  return server;
}

/** True for an error that says that nothing was changed. */
export function isRefusal(error: unknown): boolean {
  return statusOf(error) === 409;
}

function actionsOf(gateway: Gateway, owners: OwnerChecks): Readonly<Record<string, Action>> {
  return {
    'POST /phase': async ({ phase, percent, acceptEvidence, acceptInconclusive, abandonUnanswered }) => {
      const options = { percent, acceptEvidence, acceptInconclusive: acceptInconclusive === true, abandonUnanswered };
      const to = phaseNamed(phase);
      await owners.whileChanging(ownerIn(to), () => gateway.phases.change(to, options));
      return gateway.status;
    },
    'POST /import-mark': (input) => markAction(gateway, input),
    'POST /rebuild-follower': async () => {
      await gateway.rebuildFollower();
      return gateway.status;
    },
  };
}

function gateActions(gates: GateLimitsControl): Readonly<Record<string, Action>> {
  return {
    'GET /gates': () => gates.limits,
    'PATCH /gates': (input) => gates.changeLimits(input),
  };
}

async function markAction(
  { marks }: Gateway,
  { action, mark, purpose = 'import', seconds, nextIds, leftOut }: Input,
): Promise<unknown> {
  if (action === 'begin') {
    if (purpose !== 'import' && purpose !== 'verify') throw new PhaseRefused('"purpose" is import or verify.');
    return marks.begin(purpose satisfies MarkPurpose, seconds === undefined ? undefined : Number(seconds));
  }
  if (action === 'release') {
    marks.release(mark);
    return { released: true };
  }
  if (action === 'end') {
    return { place: await marks.end(mark, { nextIds: idsOf(nextIds), leftOut: rowsIn(leftOut) }) };
  }
  if (action === 'abandon') {
    marks.abandon(mark);
    return { abandoned: true };
  }
  throw new PhaseRefused('"action" is begin, release, end or abandon.');
}

function idsOf(value: unknown): { collections?: number; locations?: number } {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Input;
  const id = (name: 'collections' | 'locations') => {
    const next = given[name];
    if (next === undefined) return {};
    if (typeof next === 'number' && Number.isSafeInteger(next) && next >= 1) return { [name]: next };
    throw new PhaseRefused(`"nextIds.${name}" is the next id, a whole number from 1.`);
  };
  return { ...id('collections'), ...id('locations') };
}

function rowsIn(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new PhaseRefused('"leftOut" is how many rows were left out, a whole number.');
}

async function perform(action: Action, request: IncomingMessage, { now }: Watching): Promise<unknown> {
  // A look is no event.
  if (request.method === 'GET') return action({});
  const body = await readBody(request, BODY_LIMIT);
  let input: unknown = {};
  try {
    if (body.length > 0) input = JSON.parse(body.toString('utf8'));
  } catch {
    throw new PhaseRefused('The body is not JSON.');
  }
  if (typeof input !== 'object' || input === null) throw new PhaseRefused('The body must be a JSON object.');
  const done = await now.recorder.action(request.url ?? '', input as Input, () =>
    Promise.resolve(action(input as Input)),
  );
  // The actions answer with the gateway's status; what shows over time belongs to it.
  return isStatus(done) ? now.watcher.status : done;
}

function isStatus(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'program' in value;
}

const REFUSALS = [PhaseRefused, OrderRefused, JournalError, GateSettingsError];

function statusOf(error: unknown): number {
  if (REFUSALS.some((kind) => error instanceof kind)) return 409;
  return error instanceof SideAway ? 502 : 500;
}
