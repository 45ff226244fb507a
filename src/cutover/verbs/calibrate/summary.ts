import { exchangeText } from '../../../recordings/report';
import { milliseconds } from '../../comparison/gates/gate-result';
import type { Calibration } from './calibrate';
import type { LatencyProposal } from './latency';

const SHOWN = 10;

/** What the calibration found, for people: the noise by name, the differences, and what they mean. */
export function calibrationSummary({ pairs, noise, failing, differing, latency }: Calibration): string {
  const byName = new Map<string, { pairs: number; routes: string[] }>();
  for (const { name, route, pairs: count } of noise) {
    const known = byName.get(name) ?? { pairs: 0, routes: [] };
    byName.set(name, { pairs: known.pairs + count, routes: [...known.routes, route] });
  }
  const lines = [...byName].map(([name, { pairs: count, routes }]) => {
    const where = routes.length > 3 ? `${routes.length} routes` : routes.join(', ');
    return `  ${name}: ${count} of ${pairs} pairs, on ${where}`;
  });
  return [
    `${pairs} pairs of the same read`,
    lines.length === 0 ? 'noise: none' : 'noise (differs by itself):',
    ...lines,
    ...(differing.length === 0
      ? ['The masks cover all of it: 0 pairs differ as the cutover compares them.']
      : failure(differing, pairs)),
    ...(failing.length === 0 ? [] : errors(failing)),
    ...(latency === undefined ? [] : latencies(latency)),
  ].join('\n');
}

function errors(failing: Calibration['failing']): string[] {
  return [
    ...failing.map(({ status, route, answers }) => `${route} answers ${status} (${answers} times)`),
    'Nothing can be compared where the old server fails. With 500 on a list it holds a row that it cannot write out, such as one with',
    'a number that is not finite: find that row, and replace or delete it. "import --without-unreadable" leaves it out.',
  ];
}

function latencies({ routes, unequal, p95Ratio, latencyFloor }: LatencyProposal): string[] {
  const left =
    unequal.length === 0 ? [] : [`  not measured, since green does not hold the same rows: ${unequal.join(', ')}`];
  return [
    'P95 of reads, one at a time:',
    ...routes.map(
      ({ route, reads, blue, green }) =>
        `  ${route}: ${milliseconds(blue.p95)} on blue, ${milliseconds(green.p95)} on green, in ${reads} reads`,
    ),
    ...left,
    `For the gateway: --p95-ratio ${p95Ratio} --latency-floor ${latencyFloor}ms`,
  ];
}

function failure(differing: Calibration['differing'], pairs: number): string[] {
  const shown = differing.slice(0, SHOWN).map(({ method, target, differences }, index) =>
    exchangeText({
      exchange: {
        seq: 'calibrate',
        n: index + 1,
        request: { method, target, headers: [] },
        response: { status: 0, headers: [] },
      },
      differences,
      expected: false,
    }),
  );
  return [
    ...shown,
    `${differing.length} of ${pairs} pairs differ although nothing should. Either something is written meanwhile: repeat it while nothing is.`,
    'Or two old servers were asked that do not hold the same records. Or there is noise that no mask covers: do not go on then.',
  ];
}
