import { Connections, type ConnectionsOptions } from '../../src/database/connections';
import { LoopClock } from '../../src/database/loop-clock';
import type { PreparedStatement, TextRow } from '../../src/database/prepared-query';

export interface PoolOptions extends Partial<
  Pick<ConnectionsOptions, 'statements' | 'statementTimeout' | 'proveAfter'>
> {
  readonly size?: number;
}

/** Connections to a database of the test's own, with a clock of their own. */
export class Pool {
  readonly clock = new LoopClock();
  readonly connections: Connections;
  /** What was logged, as "warn …" and "info …". */
  readonly lines: string[] = [];
  private readonly statementTimeout: number;

  constructor(address: string, { size = 1, statementTimeout = 1000, ...options }: PoolOptions = {}) {
    this.statementTimeout = statementTimeout;
    const log = {
      warn: (message: string) => void this.lines.push(`warn ${message}`),
      info: (message: string) => void this.lines.push(`info ${message}`),
    };
    const { clock } = this;
    this.connections = new Connections({ statements: [], ...options, address, statementTimeout, clock, log }, size);
  }

  open(): Promise<void> {
    return this.connections.open();
  }

  /** @param lane that of a write; without one it is a read. */
  async query(text: string | PreparedStatement, lane?: number, group = 'any'): Promise<TextRow[]> {
    const statement = typeof text === 'string' ? { text } : text;
    const deadline = this.clock.after(this.statementTimeout);
    return this.connections.query({ statement, group, lane, deadline });
  }

  async close(): Promise<void> {
    await this.connections.close();
    this.clock.stop();
  }
}
