import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Exchange, RequestLine } from './exchange';
import { checkExchange, checkRequestLine, RecordingFormatError } from './file-format';

export { RecordingFormatError } from './file-format';

const RECORDING = /\.jsonl(\.gz)?$/;

/**
 * The recordings that the given files and directories hold: files as they are, directories by the names of their
 * `.jsonl` and `.jsonl.gz` files (not deeper).
 * @throws RecordingFormatError for a path that does not exist, and for a directory without recordings
 */
export async function findRecordings(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(recordingsAt));
  return found.flat();
}

async function recordingsAt(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) throw new RecordingFormatError(`${path}: no such file or directory`);
  if (!stats.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => RECORDING.test(name)).sort();
  if (names.length === 0) throw new RecordingFormatError(`${path}: no .jsonl or .jsonl.gz file in this directory`);
  return names.map((name) => join(path, name));
}

/**
 * All exchanges of the given files and directories, in order.
 * @throws RecordingFormatError naming the file and line that is wrong
 */
export async function readRecordings(paths: readonly string[]): Promise<Exchange[]> {
  return readLines(paths, checkExchange);
}

/** As {@link readRecordings}, but the lines need no `response` (one that is there is kept). */
export async function readRequests(paths: readonly string[]): Promise<(RequestLine & Partial<Exchange>)[]> {
  return readLines(paths, checkRequestLine);
}

async function readLines<Line>(paths: readonly string[], check: (line: unknown) => Line): Promise<Line[]> {
  const lines: Line[] = [];
  for (const file of await findRecordings(paths)) {
    const text = await readText(file);
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      try {
        lines.push(check(JSON.parse(line)));
      } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof RecordingFormatError)) throw error;
        throw new RecordingFormatError(`${file}:${index + 1}: ${error.message}`, { cause: error });
      }
    }
  }
  return lines;
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (!file.endsWith('.gz')) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw new RecordingFormatError(`${file}: not a gzip file (${(error as Error).message})`, { cause: error });
  }
}

/** Writes one exchange a line; a name that ends in .gz is compressed, with the same bytes for the same exchanges. */
export async function writeRecordings(file: string, exchanges: Iterable<RequestLine>): Promise<void> {
  const text = Array.from(exchanges, (exchange) => `${recordingLine(exchange)}\n`).join('');
  await writeFile(file, file.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
}

/**
 * An exchange as one line of ASCII, laid out as Python's `json.dumps` does (`{"a": 1, "b": [2]}`), so that recordings
 * of different servers and tools can be compared with diff.
 */
export function recordingLine(exchange: RequestLine): string {
  return (
    JSON.stringify(exchange, null, 1)
      // Line ends occur only between tokens: inside a string they are escaped.
      .replace(/,\n */g, ', ')
      .replace(/\n */g, '')
      .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  );
}
