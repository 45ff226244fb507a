import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SideAway } from '../nouns';
import { errorIn, type FollowAnswer } from './follow-answer';

export interface GreenLimits {
  /** Milliseconds without a byte after which an answer is given up: longer than green waits for its database. */
  readonly silence: number;
  /** Milliseconds that all rows may be counted for. */
  readonly counting: number;
  /** Milliseconds for which something that was not done, or whose answer was lost, is asked again. */
  readonly patience: number;
}

const FIRST_PAUSE = 25;
const LONGEST_PAUSE = 500;

/** Asks a server by its follower's interface (docs/following.md), over one connection that is kept, and one for what takes long. */
export class FollowClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: 4000 });
  private readonly slowly = new Agent({ keepAlive: true, maxSockets: 1, timeout: 4000 });

  constructor(
    private readonly url: URL,
    private readonly token: string,
    private readonly limits: GreenLimits,
  ) {}

  /** @throws SideAway */
  get(path: string): Promise<FollowAnswer> {
    return this.ask('GET', path, [], this.limits.silence, this.agent);
  }

  /** As `get`, for what reads all rows. @throws SideAway */
  getSlowly(path: string): Promise<FollowAnswer> {
    return this.ask('GET', path, [], this.limits.counting, this.slowly);
  }

  /**
   * Asks again after 503, 504 and lost answers, for as long as patience lasts; only for what may be asked again.
   *
   * @throws SideAway: then it may have been done
   */
  async postUntilKnown(path: string, pieces: readonly Buffer[]): Promise<FollowAnswer> {
    const end = performance.now() + this.limits.patience;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      let problem: SideAway;
      try {
        const answer = await this.ask('POST', path, pieces, this.limits.silence, this.agent);
        if (answer.status !== 503 && answer.status !== 504) return answer;
        problem = new SideAway(`green answers ${answer.status}: ${errorIn(answer)}`);
      } catch (error) {
        if (!(error instanceof SideAway)) throw error;
        problem = error;
      }
      if (performance.now() + pause > end) throw problem;
      await sleep(pause);
    }
  }

  close(): void {
    this.agent.destroy();
    this.slowly.destroy();
  }

  /** The answer to a GET in pieces as they come, which must not be silent for too long. @throws SideAway, at first or within */
  getInPieces(path: string): Promise<AsyncIterable<Buffer>> {
    return new Promise((resolve, reject) => {
      const asked = this.request('GET', path, 0, this.slowly);
      const away = (problem: string) => new SideAway(`green gave no whole answer to GET ${path}: ${problem}`);
      asked.setTimeout(this.limits.silence, () => asked.destroy(new Error(`silent for ${this.limits.silence} ms`)));
      asked.on('error', (error: NodeJS.ErrnoException) => reject(away(error.code ?? error.message)));
      asked.on('response', (response: IncomingMessage) => {
        const { statusCode } = response;
        if (statusCode === 200) resolve(piecesOf(response, away));
        else {
          response.resume();
          reject(away(`status ${String(statusCode)}`));
        }
      });
      asked.end();
    });
  }

  private request(method: string, path: string, length: number, agent: Agent): ClientRequest {
    const { hostname, port } = this.url;
    return httpRequest({
      ...{ method, host: hostname.replace(/^\[|\]$/g, ''), port: port || 80, path, agent },
      headers: { authorization: `Bearer ${this.token}`, 'content-length': length },
    });
  }

  private ask(
    method: string,
    path: string,
    pieces: readonly Buffer[],
    silence: number,
    agent: Agent,
  ): Promise<FollowAnswer> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return new Promise((resolve, reject) => {
      const fail = (problem: string) => reject(new SideAway(`green gave no answer to ${method} ${path}: ${problem}`));
      const asked = this.request(method, path, length, agent);
      asked.setTimeout(silence, () => asked.destroy(new Error(`silent for ${silence} ms`)));
      asked.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      asked.on('response', (response: IncomingMessage) => {
        const received: Buffer[] = [];
        response.on('data', (piece: Buffer) => received.push(piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(received) }));
        response.on('error', (error) => fail(error.message));
        response.on('close', () => response.complete || fail('the answer was cut off'));
      });
      for (const piece of pieces) asked.write(piece);
      asked.end();
    });
  }
}

async function* piecesOf(response: IncomingMessage, away: (problem: string) => SideAway): AsyncGenerator<Buffer> {
  try {
    for await (const piece of response as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    throw away((error as Error).message);
  }
}
