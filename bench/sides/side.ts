import type { HttpProcess } from '../../harness/http-process';

export const SIDE_NAMES = ['reference', 'api', 'floor', 'before'] as const;

/**
 * `reference`: the old API's stack; `api`: this server; `floor`: bare node:http and pg, one statement a request; `before`:
 * another build of this server, where one is to be compared with.
 */
export type SideName = (typeof SIDE_NAMES)[number];

/** An empty list for each side. */
export function listsBySide<T>(): Record<SideName, T[]> {
  return { reference: [], api: [], floor: [], before: [] };
}

/** One of the servers that are measured side by side. */
export interface Side {
  readonly name: SideName;
  /** Process id of the PostgreSQL server behind it. */
  readonly postgres: number | undefined;
  /** The server, once started. */
  readonly server: HttpProcess;
  /** Starts a server as the measured one, on the same data, for its start-up time. */
  launch(): Promise<HttpProcess>;
  /** Leaves exactly the first `rows` rows of the seed, the next id behind them. */
  setRows(rows: number): Promise<void>;
  stop(): Promise<void>;
}
