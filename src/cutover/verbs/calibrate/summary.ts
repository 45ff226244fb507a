import { exchangeText } from '../../../recordings/report';
import type { Calibration } from './calibrate';

const SHOWN = 10;

/** What the calibration found, for people: the noise by name, the differences, and what they mean. */
export function calibrationSummary({ pairs, noise, differing }: Calibration): string {
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
  ].join('\n');
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
