import { SIDES, type SideName } from '../../traffic/side-name';
import { escaped } from './markup';
import { measured } from './numbers';
import type { Report } from './report';

const WIDTH = 860;
const LEFT = 300;
const RIGHT = 90;
const BAR = 12;
const GROUP = 2 * BAR + 14;
const TOP = 34;
/** Of different lightness too, for eyes and printers that see no colours. */
const COLOURS: Record<SideName, string> = { blue: '#1a4f8b', green: '#4caf6e' };

/** The P95 of each route as bars, blue over green, on one scale from zero; empty if nothing was measured. */
export function latencyChart(routes: Report['routes']): string {
  const shown = routes.filter(({ blue, green }) => blue.p95 !== undefined || green.p95 !== undefined);
  if (shown.length === 0) return '';
  const longest = Math.max(...shown.flatMap((route) => SIDES.map((side) => route[side].p95 ?? 0)));
  const height = TOP + shown.length * GROUP;
  const bars = shown.flatMap((route, group) => {
    const top = TOP + group * GROUP;
    const label = `<text x="${LEFT - 10}" y="${top + BAR + 4}" text-anchor="end">${escaped(route.route)}</text>`;
    return [label, ...SIDES.flatMap((side, index) => bar(route[side].p95, longest, top + index * BAR, side))];
  });
  const legend = SIDES.map((side, index) => {
    const left = LEFT + index * 90;
    const mark = `<rect x="${left}" y="8" width="12" height="12" fill="${COLOURS[side]}"/>`;
    return `${mark}<text x="${left + 18}" y="18">${side}</text>`;
  });
  const name = 'P95 of each route in milliseconds, as bars; the table of routes has the same numbers';
  return [
    `<svg role="img" aria-label="${name}" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" font-size="12">`,
    ...legend,
    ...bars,
    '</svg>',
  ].join('\n');
}

function bar(value: number | undefined, longest: number, top: number, side: SideName): string[] {
  if (value === undefined) return [];
  const width = Math.max(1, (value / longest) * (WIDTH - LEFT - RIGHT));
  return [
    `<rect x="${LEFT}" y="${top}" width="${width.toFixed(1)}" height="${BAR - 1}" fill="${COLOURS[side]}"/>`,
    `<text x="${(LEFT + width + 6).toFixed(1)}" y="${top + BAR - 2}">${measured(value)} ms</text>`,
  ];
}
