import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection, aLocation, json } from '../../../harness/samples';

export interface Writing {
  readonly clients: number;
  /** How often each one creates, replaces and sometimes deletes a collection. */
  readonly rounds: number;
  /** Goes on after a request that failed. */
  readonly tolerant?: boolean;
  readonly isOver?: () => boolean;
}

/**
 * Clients that create, replace and delete, and check each answer. Each text is sent once.
 *
 * @returns the ids that must exist afterwards
 * @throws Error if a request fails, unless that is tolerated
 */
export async function write(url: string, options: Writing): Promise<number[]> {
  const { clients, rounds, tolerant = false, isOver = () => false } = options;
  const kept = new Set<number>();
  const run = async (client: number) => {
    for (let round = 0; round < rounds && !isOver(); round++) {
      await writeOnce(url, `${client}/${round} é \u0001`, round, kept).catch(async (error: unknown) => {
        if (!tolerant) throw error;
        await sleep(50);
      });
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  return [...kept];
}

async function writeOnce(url: string, location: string, round: number, kept: Set<number>): Promise<void> {
  const created = await ask(`${url}/api/collections`, json('POST', aCollection({ location, quantity: round / 3 })));
  const row = (await created.json()) as { id: number; location: string };
  if (row.location !== location) throw new Error(`The answer to another create: ${JSON.stringify(row)}`);
  kept.add(row.id);
  const path = `${url}/api/collections/${row.id}`;
  await ask(path, json('PUT', aCollection({ location, status: 'completed', quantity: 1e16 })));
  if (round % 3 === 0) {
    // Its outcome may stay unknown to this client.
    kept.delete(row.id);
    await ask(path, { method: 'DELETE' });
  }
  if (round % 5 === 0) await ask(`${url}/api/locations`, json('POST', aLocation({ name: location })));
}

async function ask(url: string, request: RequestInit): Promise<Response> {
  const answer = await fetch(url, request);
  if (answer.status !== 200) throw new Error(`${request.method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Clients that write until they are stopped; `stop` fails if a request did. */
export function keepWriting(url: string, clients = 4): { stop: () => Promise<number[]> } {
  let over = false;
  const writing = write(url, { clients, rounds: Infinity, isOver: () => over });
  // Reported by stop().
  writing.catch(() => undefined);
  return {
    stop: () => {
      over = true;
      return writing;
    },
  };
}
