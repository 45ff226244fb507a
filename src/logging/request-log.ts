import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { once } from '../contract/http/guard';

const ids = new WeakMap<IncomingMessage, string>();

/** The id of a request in the logs: its X-Request-Id, or one that is made up when it is first needed. */
export function requestId(request: IncomingMessage): string {
  let id = ids.get(request);
  if (id === undefined) {
    const given = request.headers['x-request-id'];
    id = typeof given === 'string' && given !== '' ? given.slice(0, 200) : randomUUID();
    ids.set(request, id);
  }
  return id;
}

/**
 * Logs each answer: failures of the server as errors, all others at level debug. Request ids go to the log only, since
 * the contract has no header for them.
 */
export function logRequests(server: Server, log: Logger): void {
  const everything = log.isLevelEnabled('debug');
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const started = everything ? performance.now() : 0;
    once(response, response, 'finish', () => {
      if (!everything && response.statusCode < 500) return;
      const level = response.statusCode >= 500 ? 'error' : 'debug';
      log[level]({
        msg: 'answered',
        requestId: requestId(request),
        method: request.method,
        target: request.url,
        status: response.statusCode,
        ...(everything ? { ms: Math.round((performance.now() - started) * 1000) / 1000 } : {}),
      });
    });
  });
}
