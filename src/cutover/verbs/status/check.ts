import { messageOf } from '../../../command-line';
import { plural } from '../../control/watch/attention';
import type { WatchedStatus } from '../../control/watch/watched-status';
import { NoGatewayError, type ControlClient } from '../../control/control-client';
import { oneLine } from '../../control/status-text';

/** Writes that the follower may lack. */
export interface CheckLimits {
  readonly warn: number;
  readonly critical: number;
}

export const DEFAULT_LAGS: CheckLimits = { warn: 1000, critical: 10_000 };

/** As the guidelines for Nagios' plug-ins have them. */
const CODES = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
type Word = keyof typeof CODES;

/** One line for Nagios and its exit code. Never throws: what hinders the check itself is UNKNOWN. */
export async function check(
  client: () => Pick<ControlClient, 'status'>,
  limits: CheckLimits,
): Promise<{ readonly line: string; readonly code: number }> {
  try {
    const status = await client().status();
    const [word, sentence] = judge(status, limits);
    return said(word, sentence, perfdata(status, limits));
  } catch (error) {
    return said(error instanceof NoGatewayError ? 'CRITICAL' : 'UNKNOWN', messageOf(error));
  }
}

function judge(status: WatchedStatus, { warn, critical }: CheckLimits): [word: Word, sentence: string] {
  const { attention, phase, owner, follower, followedTo, behind } = status;
  const lag =
    followedTo === null ? '' : `, ${follower.side} is ${follower.state} and ${plural(behind, 'write')} behind`;
  const facts = `phase ${phase}, ${owner} owns the writes${lag}`;
  if (attention.length > 0) return ['CRITICAL', `${attention.join('; ')} (${facts})`];
  if (behind >= critical) return ['CRITICAL', facts];
  if (behind >= warn || follower.state === 'away' || follower.state === 'rebuilding') return ['WARNING', facts];
  return ['OK', facts];
}

/** `'label'=value[unit];warn;critical;least`: `c` is a counter. */
function perfdata(status: WatchedStatus, { warn, critical }: CheckLimits): string {
  const { place, behind, unanswered, rates, etaSeconds, evidence, sides } = status;
  const values: [name: string, value: number | null, rest: string][] = [
    ['place', place, 'c;;;0'],
    ['behind', behind, `;${warn};${critical};0`],
    ['unanswered', unanswered, ';;;0'],
    ['evidence', evidence.unaccepted, ';;1;0'],
    ['owner_writes_per_second', rates.owner, ';;;0'],
    ['follower_writes_per_second', rates.follower, ';;;0'],
    ['eta', etaSeconds, 's;;;0'],
    ['blue_p95', sides.blue.p95, 'ms;;;0'],
    ['green_p95', sides.green.p95, 'ms;;;0'],
  ];
  return values.map(([name, value, rest]) => `${name}=${value === null ? 'U' : `${value}${rest}`}`).join(' ');
}

function said(word: Word, sentence: string, data?: string): { line: string; code: number } {
  // A bar would begin the performance data.
  const text = oneLine(sentence).replaceAll('|', '/');
  return { line: `CUTOVER ${word} - ${text}${data === undefined ? '' : ` | ${data}`}`, code: CODES[word] };
}
