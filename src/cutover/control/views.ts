import type { ServerResponse } from 'node:http';
import { controlPage, type Shown } from './page/control-page';
import type { Watching } from './watch/watching';

interface View {
  readonly show: () => Shown | Promise<Shown>;
  /** Answered without a token: it holds nothing of this gateway. */
  readonly isOpen?: boolean;
}

/** Answers of the control port are for who asked now, and for nothing else that a browser might make of them. */
const CAREFUL = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** What can be seen at the control port, by path. */
export function viewsOf(watching: Watching): ReadonlyMap<string, View> {
  return new Map<string, View>([
    ['/', { show: controlPage, isOpen: true }],
    ['/status', { show: () => json(watching.now.watcher.status) }],
    ['/events', { show: () => json(watching.events.recent) }],
    ['/evidence', { show: async () => json(await watching.evidence()) }],
    [
      '/metrics',
      {
        show: async () => {
          const { metrics } = watching.now;
          return { body: await metrics.metrics(), headers: { 'content-type': metrics.contentType } };
        },
      },
    ],
  ]);
}

/** Answers what a view shows. */
export function sendShown(response: ServerResponse, { body, headers }: Shown): void {
  response.writeHead(200, { ...CAREFUL, ...headers });
  response.end(body);
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const { headers, body: text } = json(body);
  response.writeHead(status, { ...CAREFUL, ...headers });
  response.end(text);
}

function json(value: unknown): Shown {
  return { body: `${JSON.stringify(value)}\n`, headers: { 'content-type': 'application/json' } };
}
