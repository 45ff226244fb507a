import { setTimeout as sleep } from 'node:timers/promises';

/** One request and what came of it. */
export interface Outcome {
  readonly path: string;
  readonly method: string;
  /** The number of the request, which a POST also sends as its location. */
  readonly n: number;
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

export interface LoadOptions {
  /** The requests that are sent in turn. */
  readonly requests: readonly ((n: number) => { url: string; init?: RequestInit })[];
  readonly inFlight: number;
  /** Milliseconds in which every answer must come. */
  readonly answerWithin: number;
}

/** Clients that send one request after the other until they are told to stop. */
export class Load {
  readonly outcomes: Outcome[] = [];
  private stopping = false;
  private sent = 0;
  private readonly clients: Promise<void>[];

  constructor(private readonly options: LoadOptions) {
    this.clients = Array.from({ length: options.inFlight }, () => this.client());
  }

  /** Outcomes with this status. */
  with(status: number): Outcome[] {
    return this.outcomes.filter((outcome) => outcome.status === status);
  }

  /** Resolves when so many more requests were answered with this status. */
  async untilMore(status: number, count: number): Promise<void> {
    const goal = this.with(status).length + count;
    while (this.with(status).length < goal) {
      await Promise.race([sleep(20), Promise.all(this.clients)]);
    }
  }

  /** Ends it when the requests in flight are answered. @throws if any was not answered in time, or not at all */
  async stop(): Promise<Outcome[]> {
    this.stopping = true;
    await Promise.all(this.clients);
    return this.outcomes;
  }

  private async client(): Promise<void> {
    const { requests, answerWithin } = this.options;
    while (!this.stopping) {
      const n = ++this.sent;
      const make = requests[n % requests.length];
      if (make === undefined) throw new Error('A load needs requests to send');
      const { url, init } = make(n);
      // On a connection of its own: a kept one may just be closed by the server when this process was held up for as long
      // as it is kept, and then the request would fail without anybody's fault.
      const headers = { ...(init?.headers as Record<string, string> | undefined), connection: 'close' };
      const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(answerWithin) });
      const text = await response.text();
      const { status } = response;
      const { pathname: path } = new URL(url);
      this.outcomes.push({
        path,
        method: init?.method ?? 'GET',
        n,
        status,
        text,
        retryAfter: response.headers.get('retry-after'),
      });
      // A client that is told to come back later does not come back at once.
      if (status !== 200) await sleep(20);
    }
  }
}
