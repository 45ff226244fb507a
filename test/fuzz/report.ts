import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange } from '../../src/recordings/exchange';
import { writeRecordings } from '../../src/recordings/files';
import { recordedResponse } from '../../src/recordings/record';
import { exchangeText } from '../../src/recordings/report';
import type { Counts, Finding } from './campaign';

/** The finding as a recording: the left server's answers to the shrunk sequence. `replay` accepts it. */
export function recordingOf({ name, requests, answered }: Finding): Exchange[] {
  return requests.flatMap((request, at) => {
    const left = answered[at]!.left;
    if ('failure' in left) return [];
    return [{ seq: `fuzz/${name}`, n: at + 1, request, response: recordedResponse(request, left) }];
  });
}

/** Writes the finding's recording into the directory and returns the file's name. */
export async function writeFinding(directory: string, number: number, finding: Finding): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `difference-${String(number).padStart(3, '0')}.jsonl`);
  await writeRecordings(file, recordingOf(finding));
  return file;
}

/** The finding for people: what led to it, and its last exchange with what differs. */
export function findingText(finding: Finding): string {
  const last = finding.requests.length - 1;
  const exchange = {
    seq: `fuzz/${finding.name}`,
    n: last + 1,
    request: finding.requests[last]!,
    response: { status: 0, headers: [] },
  };
  const lead = finding.requests.slice(0, last).map(({ method, target }) => `  after ${method} ${target}`);
  const note = finding.reproducible
    ? []
    : ['  (did not show again when repeated: a race, or a matter of kept connections)'];
  return [
    `[${finding.signature}]`,
    ...lead,
    exchangeText({ exchange, differences: finding.details, expected: false }),
    ...note,
  ].join('\n');
}

/** The end of a campaign: what was compared, of which kinds, and what differed. */
export function summaryText(counts: Counts, seconds: number): string {
  const rate = Math.round(counts.exchanges / seconds);
  return [
    `${counts.exchanges} exchanges in ${counts.sequences} sequences, ${seconds.toFixed(1)} s, ${rate} exchanges/s`,
    `kinds: ${list(counts.byKind)}`,
    `left statuses: ${list(counts.byStatus)}`,
    `divergences by rule: ${list(counts.byRule) || 'none'}`,
    `differences: ${counts.differences}`,
    ...[...counts.bySignature].map(([signature, times]) => `  ${times} x ${signature}`),
  ].join('\n');
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
