import type { GateSettingsStatus } from '../comparison/gates';
import type { GatewayStatus } from '../gateway/gateway-status';
import { plural } from './watch/attention';
import type { WatchedFacts, WatchedStatus } from './watch/watched-status';

/** The status for people. What sides and clients sent is in it: it holds no bytes that a terminal would obey. */
export function statusText(status: GatewayStatus & Partial<WatchedFacts>): string {
  const { follower, evidence, attention } = status;
  const split = status.phase === 'split' ? ` (${status.percent} % of the clients read from green)` : '';
  const lastStep = status.lastSteps?.at(-1);
  const lines = [
    ...(status.time === undefined ? [] : [['as of', `${status.time}, started ${status.since}`]]),
    ['phase', `${status.phase}${split}`],
    ...(lastStep === undefined ? [] : [['last change', `${lastStep.time} ${lastStep.msg}`]]),
    [
      'owner of the writes',
      `${status.owner}${status.ownerTrouble == null ? '' : `: does not answer: ${status.ownerTrouble}`}`,
    ],
    ['place', String(status.place)],
    ['import', status.importPlace === null ? 'none yet: green has no copy' : `at place ${status.importPlace}`],
    ['follower', `${follower.side}: ${follower.state}${follower.trouble === null ? '' : `: ${follower.trouble}`}`],
    ['behind', `${plural(status.behind, 'write')}${etaText(status)}`],
    ...(status.rates === undefined ? [] : [['writes a second', ratesText(status.rates)]]),
    [
      'evidence',
      evidence.count === 0 ? 'none' : `${evidence.count}, ${evidence.unaccepted} not accepted: ${evidence.file}`,
    ],
    ...status.gates.gates.map(({ gate, verdict, reason }) => [`gate ${gate}`, `${verdict}: ${reason}`]),
    ...limitLines(status.gates.limits),
    ['at worst', status.worstCase.sentence],
    ['writes held back', status.held.length === 0 ? 'no' : status.held.join('; ')],
    ['journal', `${status.journal.directory}, ${plural(status.journal.segments, 'segment')}`],
    ...(attention === undefined
      ? []
      : [['needs a person', attention.length === 0 ? 'no' : `yes: ${attention.join('; ')}`]]),
  ];
  return lines.map(([name = '', value = '']) => `${name.padEnd(20)}${oneLine(value)}`).join('\n');
}

/** The status in one line, for a log. */
export function statusLine(status: WatchedStatus): string {
  const { time, phase, percent, owner, place, follower, behind, rates, attention } = status;
  return [
    time,
    `phase ${phase}${phase === 'split' ? ` ${percent} %` : ''}`,
    `owner ${owner} at place ${place}`,
    ...(status.followedTo === null ? [] : [`${follower.side} ${follower.state}, behind ${behind}${etaText(status)}`]),
    ratesText(rates),
    `gates ${status.gates.verdict}`,
    attention.length === 0 ? 'nobody needed' : `a person is needed: ${oneLine(attention.join('; '))}`,
  ].join(' | ');
}

/** Without line breaks and whatever else a terminal takes for a command. */
export function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

function etaText({ behind, etaSeconds, followedTo }: GatewayStatus & Partial<WatchedFacts>): string {
  if (behind === 0 || followedTo === null || etaSeconds === undefined || etaSeconds === 0) return '';
  return etaSeconds === null ? ', not coming nearer' : `, level in about ${etaSeconds} s`;
}

function ratesText({ owner, follower }: WatchedFacts['rates']): string {
  return `owner ${owner ?? '–'}/s, follower ${follower ?? '–'}/s`;
}

/** Limits that are not those that the gateway was started with. */
function limitLines(settings: GateSettingsStatus | undefined): string[][] {
  if (settings === undefined || settings.changed.length === 0) return [];
  const { limits, changed } = settings;
  return [['limits changed', changed.map((limit) => `${limit} ${limits[limit]}`).join(', ')]];
}
