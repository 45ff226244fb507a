import type { Server, ServerResponse } from 'node:http';
import { routeRequest } from '../../traffic/write-route';

/**
 * What became of a client's write. `applied`: carried out; `refused`: the owner refused it (4xx); `not_carried_out`: nothing was
 * done (502, 503); `unknown`: nobody could say (504); `failed`: any other 5xx; `aborted`: the client was gone before.
 */
const WRITE_RESULTS = ['applied', 'refused', 'not_carried_out', 'unknown', 'failed', 'aborted'] as const;
export type WriteResult = (typeof WRITE_RESULTS)[number];

/** Counts what clients were answered. */
export class ClientCounters {
  readonly writes = new Map<WriteResult, number>(WRITE_RESULTS.map((result) => [result, 0]));
  /** By the first digit of the status; 0 where the client was gone before. */
  readonly reads = new Map<number, number>();

  /** Looks on at a server's requests: it changes nothing, and keeps no timer. */
  watch(server: Server): void {
    server.on('request', ({ method = 'GET', url = '/' }, response: ServerResponse) => {
      const isWrite = method !== 'GET' && routeRequest(method, url).write !== undefined;
      response.once('close', () => {
        const status = response.writableFinished ? response.statusCode : 0;
        if (isWrite) add(this.writes, resultOf(status));
        else add(this.reads, Math.floor(status / 100));
      });
    });
  }
}

function resultOf(status: number): WriteResult {
  if (status === 0) return 'aborted';
  if (status < 400) return 'applied';
  if (status < 500) return 'refused';
  if (status === 502 || status === 503) return 'not_carried_out';
  return status === 504 ? 'unknown' : 'failed';
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
