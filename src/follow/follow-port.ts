import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CapturedRequests } from '../contract';
import { readBody } from '../contract/http/request-body';
import { readBatch } from './batch';
import type { Contents } from './contents';
import { readPiece } from './copied-rows';
import type { Follower } from './follower';
import type { FollowReads } from './follow-reads';
import { FrameError } from './frames';
import { answerFailure, answerFrames, answerJson, batchFrames, keptFrames, streamFrames } from './follow-answers';
import { headOf, nextIdsIn, optionalUuidIn, placeIn, uuidIn, type Head } from './heads';
import { TooManyMessages } from './refusal';
import { tokenCheck } from './token';
import { planWrites } from './write-plan';

export interface FollowPortOptions {
  readonly token: string;
  /** Bytes of the largest message: one write of the greatest size, with its head. */
  readonly messageLimit: number;
  /** Milliseconds that an answer may be left unread. */
  readonly patience: number;
  readonly follower: Follower;
  readonly reads: FollowReads;
  readonly contents: Contents;
  readonly requests: CapturedRequests;
  readonly isDraining: () => boolean;
}

/** Where all of it begins. */
const PREFIX = '/follow';

/** Bytes of a JSON body. */
const JSON_LIMIT = 64 << 10;

/** Messages that are read and worked on at once: while one commits, the next is read and judged. */
const MOST_AT_ONCE = 2;

/** Most places whose kept answers are given at once. */
const MOST_PLACES = 500;

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The paths of the admin port by which a gateway has this server follow its journal: docs/following.md. */
export class FollowPort {
  private readonly isAllowed: (authorization: string | undefined) => boolean;
  private readonly routes: ReadonlyMap<string, Readonly<Record<string, Route>>>;
  private messages = 0;

  constructor(private readonly options: FollowPortOptions) {
    this.isAllowed = tokenCheck(options.token);
    const { follower, reads, contents } = options;
    this.routes = new Map<string, Record<string, Route>>([
      [PREFIX, { GET: async (_, response) => answerJson(response, 200, await reads.status()) }],
      [`${PREFIX}/rows`, { GET: async (_, response) => answerJson(response, 200, await contents.measure()) }],
      [`${PREFIX}/snapshot`, { GET: (_, response) => streamFrames(response, contents.snapshot(), contents.patience) }],
      [`${PREFIX}/answers`, { GET: (request, response) => this.giveAnswers(request, response) }],
      [`${PREFIX}/writes`, { POST: (request, response) => this.takeWrites(request, response) }],
      [
        `${PREFIX}/attach`,
        {
          POST: this.json((head) =>
            follower.attach(attachClaimIn(head), placeIn(head, 'place', 0), nextIdsIn(head, 'nextIds')),
          ),
        },
      ],
      [`${PREFIX}/detach`, { POST: this.json((head) => follower.detach(claimIn(head))) }],
      [`${PREFIX}/takeover`, { POST: this.json((head) => follower.takeOver(takeoverClaimIn(head))) }],
      [`${PREFIX}/rebuild`, { POST: this.json((head) => follower.beginRebuild(attachClaimIn(head))) }],
      [`${PREFIX}/rebuild/rows`, { POST: (request, response) => this.takePiece(request, response) }],
      [
        `${PREFIX}/rebuild/end`,
        {
          POST: this.json((head) =>
            follower.endRebuild(claimIn(head), placeIn(head, 'place', 0), nextIdsIn(head, 'nextIds')),
          ),
        },
      ],
    ]);
  }

  /** Whether a path belongs here. */
  has(path: string): boolean {
    return path === PREFIX || path.startsWith(`${PREFIX}/`);
  }

  /** Answers a request for such a path. */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.isAllowed(request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer');
      refuse(request, response, 401, 'The token is wrong: give the FOLLOW_TOKEN of this server');
      return;
    }
    const routes = this.routes.get(path);
    const route = routes?.[request.method ?? ''];
    if (routes === undefined) refuse(request, response, 404, 'There is no such path: docs/following.md lists them');
    else if (route === undefined) {
      response.setHeader('allow', Object.keys(routes).join(', '));
      refuse(request, response, 405, `Only ${Object.keys(routes).join(', ')}`);
    } else {
      request.socket.setTimeout(0);
      await route(request, response).catch((error: unknown) => this.fail(request, response, error));
    }
  }

  private json(work: (head: Head) => Promise<unknown>): Route {
    return async (request, response) => {
      this.demandServing();
      const text = (await readBody(request, JSON_LIMIT)).toString('utf8');
      let head: unknown;
      try {
        head = JSON.parse(text);
      } catch {
        throw new FrameError('The body must be a JSON object');
      }
      answerJson(response, 200, (await work(headOf(head))) ?? {});
    };
  }

  private takeWrites(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.withMessage(request, response, async (message) => {
      const batch = readBatch(message);
      const plans = await planWrites(batch.writes, this.options.requests, request.socket);
      const { follower } = this.options;
      answerFrames(response, batchFrames(await follower.apply(batch, plans)), this.options.patience);
    });
  }

  private takePiece(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.withMessage(request, response, async (message) => {
      await this.options.follower.takePiece(await readPiece(message));
      answerJson(response, 200, {});
    });
  }

  private async giveAnswers(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const query = new URLSearchParams((request.url ?? '').split('?')[1]);
    const given = { from: Number(query.get('from')), through: Number(query.get('through')) };
    const [from, through] = [placeIn(given, 'from'), placeIn(given, 'through')];
    if (through - from >= MOST_PLACES) throw new FrameError(`Ask for up to ${MOST_PLACES} places at once`);
    answerFrames(response, keptFrames(await this.options.reads.answers(from, through)), this.options.patience);
  }

  /** Reads a message, if not too many are at work. */
  private async withMessage(
    request: IncomingMessage,
    response: ServerResponse,
    work: (message: Buffer) => Promise<void>,
  ): Promise<void> {
    this.demandServing();
    if (this.messages >= MOST_AT_ONCE) throw new TooManyMessages(`${MOST_AT_ONCE} messages are being worked on`);
    this.messages += 1;
    response.once('close', () => (this.messages -= 1));
    await work(await readBody(request, this.options.messageLimit));
  }

  private demandServing(): void {
    if (this.options.isDraining()) throw new TooManyMessages('This server is stopping');
  }

  private async fail(request: IncomingMessage, response: ServerResponse, error: unknown): Promise<void> {
    // What is left of the body means nothing any more.
    if (!request.complete) response.shouldKeepAlive = false;
    await answerFailure(response, error, () => this.options.reads.place());
    if (!request.complete) request.resume();
  }
}

const claimIn = (head: Head) => ({ journal: uuidIn(head, 'journal'), term: uuidIn(head, 'term') });
const takeoverClaimIn = (head: Head) => ({ journal: uuidIn(head, 'journal'), term: optionalUuidIn(head, 'term') });
const attachClaimIn = (head: Head) => ({
  journal: uuidIn(head, 'journal'),
  term: optionalUuidIn(head, 'term') ?? null,
  replace: optionalUuidIn(head, 'replace'),
});

function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: string): void {
  if (!request.complete) response.shouldKeepAlive = false;
  answerJson(response, status, { error });
  request.resume();
}
