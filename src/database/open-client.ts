import type { AddressSource } from './address-source';
import { clientOptions, DatabaseClient } from './client';
import { prepareSession, type SessionFacts, type SessionLimits } from './session';

export interface OpenOptions extends SessionLimits {
  /** What the connection is for, behind the name of the application, such as ` lists`. */
  readonly role: string;
  /** Milliseconds that this side waits for any answer; undefined waits as long as it takes. */
  readonly queryTimeout?: number;
  /** Whether a statement may be sent before the one ahead of it is answered. */
  readonly pipeline?: boolean;
}

/** A connection of its own, whose session depends on nothing that it inherits. */
export interface OpenClient {
  readonly client: DatabaseClient;
  readonly facts: SessionFacts;
}

/**
 * Connects to the first server of the address that will do.
 *
 * @throws StartRefusedError, TakesNoWritesError, or the driver's error
 */
export function openClient(source: AddressSource, options: OpenOptions): Promise<OpenClient> {
  const { role, queryTimeout, pipeline = false, ...limits } = options;
  return source.connect(async (target) => {
    const client = new DatabaseClient({
      ...clientOptions(target, role),
      pipeline,
      ...(queryTimeout === undefined ? {} : { query_timeout: queryTimeout }),
    });
    // The error reaches the statement under way; without a listener it would end the process as well.
    client.on('error', () => undefined);
    // The driver's own limit ends with the log-in; a peer may fall silent after it as well.
    const timer = setTimeout(() => dropClient(client), target.address.connectTimeout);
    try {
      await client.connect();
      return { client, facts: await prepareSession(client, target, limits) };
    } catch (error) {
      dropClient(client);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Cuts a connection whose other end may not answer any more. */
export function dropClient(client: DatabaseClient): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  stream.destroy();
}
