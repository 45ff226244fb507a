import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { whenDone } from '../../contract/http/guard';
import { readBody } from '../../contract/http/request-body';
import { hearSocketErrors } from '../../contract/http/socket-errors';
import { messageOf } from '../cutover-error';
import type { Gateway } from '../gateway/gateway';
import { SideAway } from '../sides/side-away';
import { JournalError } from '../journal/journal-error';
import type { MarkPurpose } from '../gateway/import-marks';
import { phaseNamed } from '../gateway/phase-steps';
import { ownerIn } from '../traffic/phase';
import { PhaseRefused } from '../traffic/phase-refused';
import type { OwnerChecks } from './owner-checks';

/** What is sent to the control port, checked as far as its shape goes. */
type Input = Readonly<Record<string, unknown>>;
type Action = (input: Input) => unknown;

const BODY_LIMIT = 1 << 16;

/**
 * The port that changes and shows the phase. It wants `Authorization: Bearer TOKEN` and speaks JSON: GET /status,
 * POST /phase, POST /import-mark, POST /rebuild-follower. Refusals are 409 with `{"error": sentence}`. A balancer asks without
 * a token who owns the writes, see OwnerChecks.
 */
export function createControlServer(gateway: Gateway, token: string, owners: OwnerChecks): Server {
  const actions = actionsOf(gateway, owners);
  const expected = digest(`Bearer ${token}`);
  const server = createServer((request, response) => {
    if (owners.answer(request, response)) return;
    const answer = (status: number, body: unknown) => send(response, status, body);
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      answer(401, { error: 'The token is wrong: give the one that the gateway was started with.' });
      return;
    }
    const action = actions[`${request.method ?? ''} ${request.url ?? ''}`];
    if (action === undefined) {
      answer(404, { error: `There is no such action; there are ${Object.keys(actions).join(', ')}.` });
      return;
    }
    whenDone(
      response,
      perform(action, request),
      (body) => answer(200, body),
      (error) => answer(statusOf(error), { error: messageOf(error) }),
    );
  });
  hearSocketErrors(server);
  return server;
}

function actionsOf(gateway: Gateway, owners: OwnerChecks): Readonly<Record<string, Action>> {
  return {
    'GET /status': () => gateway.status,
    'POST /phase': async ({ phase, percent, acceptEvidence, acceptInconclusive }) => {
      const options = { percent, acceptEvidence, acceptInconclusive: acceptInconclusive === true };
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

async function markAction(
  { marks }: Gateway,
  { action, mark, purpose = 'import', seconds, nextIds, mapped, incomplete }: Input,
): Promise<unknown> {
  if (action === 'begin') {
    if (purpose !== 'import' && purpose !== 'verify') throw new PhaseRefused('"purpose" is import or verify.');
    return marks.begin(purpose satisfies MarkPurpose, seconds === undefined ? undefined : Number(seconds));
  }
  if (action === 'release') {
    marks.release(mark);
    return { released: true };
  }
  if (action === 'end')
    return {
      place: await marks.end(mark, { ...idsOf(nextIds), mapped: mapped === true, incomplete: incomplete === true }),
    };
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

async function perform(action: Action, request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, BODY_LIMIT);
  let input: unknown = {};
  try {
    if (body.length > 0) input = JSON.parse(body.toString('utf8'));
  } catch {
    throw new PhaseRefused('The body is not JSON.');
  }
  if (typeof input !== 'object' || input === null) throw new PhaseRefused('The body must be a JSON object.');
  return action(input as Input);
}

function statusOf(error: unknown): number {
  if (error instanceof PhaseRefused || error instanceof JournalError) return 409;
  return error instanceof SideAway ? 502 : 500;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Of equal length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
