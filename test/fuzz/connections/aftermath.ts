import { setTimeout as sleep } from 'node:timers/promises';
import type { Knowledge } from './bystander';
import { OneClient } from './one-client';
import { descriptorsOf } from './process-files';
import type { Subject } from './subject';

export interface AftermathOptions {
  /** File descriptors that the server had open at the start. */
  readonly descriptors: number;
  /** Milliseconds for an answer. */
  readonly patience: number;
  /** Milliseconds in which what the clients have left must be gone. */
  readonly endWithin: number;
}

/** Connections to PostgreSQL that a server may have opened since its start: those of long lists. */
const DATABASE_DESCRIPTORS = 4;
const LOOK_INTERVAL = 200;

/** What is wrong with a server once all clients have left. */
export async function aftermath(
  subject: Subject,
  known: Knowledge,
  { descriptors, patience, endWithin }: AftermathOptions,
): Promise<string[]> {
  const problems: string[] = [];
  const client = new OneClient(subject.host, subject.port, patience);
  await ask(client, '/api/collections', problems, (list) => {
    for (const [id, row] of known.rows) {
      if (!list.includes(row)) problems.push(`row ${id}, which was acknowledged, is not in the list`);
    }
  });
  client.close();
  if (!(await within(endWithin, () => subject.sockets.count() === 0))) {
    problems.push(`${subject.sockets.count()} connections are still held ${endWithin} ms after the last client left`);
  }
  const most = descriptors + DATABASE_DESCRIPTORS;
  if (!(await within(endWithin, () => descriptorsOf(subject.pid) <= most))) {
    problems.push(`${descriptorsOf(subject.pid)} file descriptors are open; at the start there were ${descriptors}`);
  }
  const { hostname, port } = new URL(subject.admin);
  const admin = new OneClient(hostname, Number(port), patience);
  await ask(admin, '/readyz', problems);
  admin.close();
  return [...problems, ...subject.faults.map((line) => `logged: ${line}`)];
}

async function ask(
  client: OneClient,
  path: string,
  problems: string[],
  onBody?: (body: string) => void,
): Promise<void> {
  try {
    const { status, body } = await client.ask({ method: 'GET', path });
    if (status === 200) onBody?.(body);
    else problems.push(`GET ${path} is answered ${status} ${body.slice(0, 200)}`);
  } catch (error) {
    problems.push((error as Error).message);
  }
}

async function within(ms: number, condition: () => boolean): Promise<boolean> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) return false;
    await sleep(LOOK_INTERVAL);
  }
  return true;
}
