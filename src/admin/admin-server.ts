import { createServer, type Server, type ServerResponse } from 'node:http';
import { ServiceUnavailableException } from '@nestjs/common';
import { guarded } from '../contract/http/guard';
import { hearSocketErrors } from '../contract/http/socket-errors';
import type { FollowPort } from '../follow/follow-port';
import type { Readiness } from '../health/readiness';

function answer(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function answerReadiness(readiness: Readiness, response: ServerResponse): Promise<void> {
  try {
    answer(response, 200, await readiness.check());
  } catch (error) {
    if (!(error instanceof ServiceUnavailableException)) throw error;
    answer(response, 503, error.getResponse() as object);
  }
}

/**
 * The second port, for those who run the server: /livez tells that the process lives, /readyz that it can do its work.
 * It stands beside the public server, so that a flood of requests there leaves it reachable.
 *
 * @param timeout milliseconds a client has to send a whole request.
 * @param follow the paths of a gateway, if it may have this server follow its writes.
 */
export function createAdminServer(readiness: Readiness, timeout: number, follow?: FollowPort): Server {
  const limits = { requestTimeout: timeout, headersTimeout: timeout };
  const server = createServer(limits, (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (follow?.has(path) === true) guarded(response, () => follow.handle(path, request, response));
    else if (path !== '/livez' && path !== '/readyz') answer(response, 404, { error: 'There is /livez and /readyz' });
    else if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, { error: 'Only GET' });
    else if (path === '/livez') answer(response, 200, { status: 'ok' });
    else guarded(response, () => answerReadiness(readiness, response));
  });
  hearSocketErrors(server);
  return server;
}
