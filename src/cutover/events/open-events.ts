import { mkdir } from 'node:fs/promises';
import { EventLog, type EventSink } from './event-log';
import { EventsFile } from './events-file';
import { readEvents } from './read-events';

/** The events of a gateway with this journal: on standard error, and in `events.jsonl` beside the journal. */
export interface OpenEvents {
  readonly log: EventLog;
  readonly file: EventsFile;
}

/**
 * Goes on with the events of earlier runs. A file that cannot be read, or a directory that cannot be made, keeps no gateway from
 * starting.
 */
export async function openEvents(directory: string, output: EventSink): Promise<OpenEvents> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const { events } = await readEvents(directory).catch(() => ({ events: [] }));
  const file = new EventsFile(directory);
  const log = new EventLog([output, { write: (line) => file.append(line) }], events);
  return { log, file };
}
