import type { RecordedRequest } from '../../src/recordings/exchange';
import { NoAnswerError, parseTarget, type RawResponse } from '../../src/recordings/raw-http';
import { MalformedResponseError } from '../../src/recordings/raw-response';
import { ServerConnection } from './connection';

/** What came back for a request, or why nothing did. */
export type Outcome = RawResponse | { failure: string };

/** One of the two compared servers, with the way to empty its store. */
export class Side {
  private readonly connection: ServerConnection;

  /** @param reset empties the server's store; may do nothing if it is empty */
  constructor(
    readonly url: string,
    private readonly reset: () => Promise<unknown>,
  ) {
    this.connection = new ServerConnection(parseTarget(url));
  }

  /**
   * The outcomes of the requests, sent in order to an empty store.
   * @throws UnreachableError if the server is away, ResetError if the store cannot be emptied
   */
  async run(requests: readonly RecordedRequest[]): Promise<Outcome[]> {
    await this.reset();
    const outcomes: Outcome[] = [];
    for (const request of requests) outcomes.push(await this.outcome(request));
    return outcomes;
  }

  close(): void {
    this.connection.close();
  }

  private async outcome(request: RecordedRequest): Promise<Outcome> {
    try {
      return await this.connection.send(request);
    } catch (error) {
      if (error instanceof NoAnswerError || error instanceof MalformedResponseError) return { failure: error.message };
      throw error;
    }
  }
}
