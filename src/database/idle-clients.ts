import type { DatabaseClient } from './client';
import { dropClient } from './open-client';

/** Milliseconds that a connection is kept open for the next one who needs it. */
const KEEP = 10_000;
/** Milliseconds that PostgreSQL has to take leave. */
const CLOSE_TIMEOUT = 2000;

/** Connections that nobody uses at the moment, each for ten seconds; one that is lost meanwhile leaves by itself. */
export class IdleClients {
  private readonly kept = new Map<DatabaseClient, { readonly timer: NodeJS.Timeout; readonly onEnd: () => void }>();
  private readonly leaving = new Set<Promise<void>>();
  private closed = false;

  /** Takes the one that was used last, so that the others can go. */
  take(): DatabaseClient | undefined {
    const client = [...this.kept.keys()].at(-1);
    if (client !== undefined) this.forget(client);
    return client;
  }

  /** Keeps one that is ready for the next statement. */
  put(client: DatabaseClient): void {
    if (this.closed) {
      this.leave(client);
      return;
    }
    const onEnd = () => this.forget(client);
    client.once('end', onEnd);
    this.kept.set(client, { timer: setTimeout(() => this.leave(client), KEEP).unref(), onEnd });
  }

  /** Ends all; resolves when PostgreSQL knows, or two seconds later. */
  async close(): Promise<void> {
    this.closed = true;
    for (const client of [...this.kept.keys()]) this.leave(client);
    await Promise.all(this.leaving);
  }

  private leave(client: DatabaseClient): void {
    this.forget(client);
    const left = leaveInTime(client).finally(() => this.leaving.delete(left));
    this.leaving.add(left);
  }

  private forget(client: DatabaseClient): void {
    const { timer, onEnd } = this.kept.get(client) ?? {};
    clearTimeout(timer);
    if (onEnd !== undefined) client.off('end', onEnd);
    this.kept.delete(client);
  }
}

async function leaveInTime(client: DatabaseClient): Promise<void> {
  const timer = setTimeout(() => dropClient(client), CLOSE_TIMEOUT);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}
