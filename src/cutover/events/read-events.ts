import { open } from 'node:fs/promises';
import { EVENT_NAMES, type GatewayEvent } from './event';
import { eventFiles } from './events-file';

/** What the files of events hold, and how many lines are no events: a crash, or a full disk, has cut them off. */
export interface ReadEvents {
  readonly events: readonly GatewayEvent[];
  readonly damaged: number;
}

/** All events that a journal's directory keeps, the oldest first; none if there is no file. @throws the file system's error */
export async function readEvents(directory: string): Promise<ReadEvents> {
  const events: GatewayEvent[] = [];
  let damaged = 0;
  for (const file of eventFiles(directory)) {
    for (const line of (await textOf(file)).split('\n')) {
      if (line.trim() === '') continue;
      const event = eventIn(line);
      if (event === undefined) damaged++;
      else events.push(event);
    }
  }
  return { events, damaged };
}

/** Bytes of a file that are read at most, from its end: twice of what one holds. */
const LONGEST = 8 << 20;

async function textOf(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, LONGEST);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Undefined if it is none: a later version may have kinds that this one does not know, and they are passed over. */
function eventIn(line: string): GatewayEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { event, time, msg } = value as Partial<GatewayEvent>;
  const isKnown = EVENT_NAMES.some((name) => name === event);
  return isKnown && typeof time === 'string' && typeof msg === 'string' ? (value as GatewayEvent) : undefined;
}
