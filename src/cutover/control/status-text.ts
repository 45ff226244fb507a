import type { GateSettingsStatus } from '../comparison/gates';
import type { GatewayStatus } from '../gateway/gateway-status';

/** The status for people. */
export function statusText(status: GatewayStatus): string {
  const { follower, evidence } = status;
  const split = status.phase === 'split' ? ` (${status.percent} % of the clients read from green)` : '';
  const lines = [
    ['phase', `${status.phase}${split}`],
    ['owner of the writes', status.owner],
    ['place', String(status.place)],
    ['import', status.importPlace === null ? 'none yet: green has no copy' : `at place ${status.importPlace}`],
    ['follower', `${follower.side}: ${follower.state}${follower.trouble === null ? '' : `: ${follower.trouble}`}`],
    ['behind', `${status.behind} writes`],
    [
      'evidence',
      evidence.count === 0 ? 'none' : `${evidence.count}, ${evidence.unaccepted} not accepted: ${evidence.file}`,
    ],
    ...status.gates.gates.map(({ gate, verdict, reason }) => [`gate ${gate}`, `${verdict}: ${reason}`]),
    ...limitLines(status.gates.limits),
    ['at worst', status.worstCase.sentence],
    ['writes held back', status.held.length === 0 ? 'no' : status.held.join('; ')],
    ['journal', `${status.journal.directory}, ${status.journal.segments} segments`],
  ];
  return lines.map(([name = '', value = '']) => `${name.padEnd(20)}${value}`).join('\n');
}

/** Limits that are not those that the gateway was started with. */
function limitLines(settings: GateSettingsStatus | undefined): string[][] {
  if (settings === undefined || settings.changed.length === 0) return [];
  const { limits, changed } = settings;
  return [['limits changed', changed.map((limit) => `${limit} ${limits[limit]}`).join(', ')]];
}
