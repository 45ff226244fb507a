import { CutoverError } from '../cutover-error';
import { PROGRAM } from '../gateway/gateway-status';
import type { WatchedStatus } from './watch/watched-status';

/** The control port cannot be used, or refuses; the message says what to do. */
export class ControlError extends CutoverError {
  override name = 'ControlError';
}

/** Nothing answers at the control port, or not in time. */
export class NoGatewayError extends ControlError {
  override name = 'NoGatewayError';
}

/** Milliseconds that a look at the gateway may take; steps may wait for writes under way. */
const LOOK_PATIENCE = 10_000;

/** Talks to the control port of a running gateway. */
export class ControlClient {
  private readonly url: string;

  /** @param url of the control port, with or without a slash at its end */
  constructor(
    url: string,
    private readonly token: string,
  ) {
    this.url = url.replace(/\/$/, '');
  }

  /** @throws ControlError */
  async status(): Promise<WatchedStatus> {
    const status = (await this.call('GET', '/status')) as Partial<WatchedStatus>;
    if (status.program !== PROGRAM) throw new ControlError(this.notAGateway());
    return status as WatchedStatus;
  }

  /** Asks for an action. @throws ControlError with the gateway's own sentence if it refuses */
  async post(path: string, input: object): Promise<unknown> {
    await this.status();
    return this.call('POST', path, JSON.stringify(input));
  }

  /** Asks for what another action shows. @throws ControlError */
  async get(path: string): Promise<unknown> {
    await this.status();
    return this.call('GET', path);
  }

  /** Changes what `get` shows. @throws ControlError with the gateway's own sentence if it refuses */
  async patch(path: string, input: object): Promise<unknown> {
    await this.status();
    return this.call('PATCH', path, JSON.stringify(input));
  }

  private async call(method: string, path: string, body?: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.token}` };
    let response: Response;
    let text: string;
    try {
      const signal = method === 'GET' ? { signal: AbortSignal.timeout(LOOK_PATIENCE) } : {};
      response = await fetch(`${this.url}${path}`, { method, headers, ...signal, ...(body !== undefined && { body }) });
      text = await response.text();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new NoGatewayError(`No gateway answers at ${this.url} (${cause}): give the address of its control port.`);
    }
    const answer = parse(text);
    if (response.ok && answer !== undefined) return answer;
    throw new ControlError(answer?.error ?? this.notAGateway());
  }

  private notAGateway(): string {
    return `What answers at ${this.url} is not a gateway's control port: it is the address after "control on" that the gateway printed.`;
  }
}

function parse(text: string): { readonly error?: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
