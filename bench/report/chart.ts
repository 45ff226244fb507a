import type { SideName } from '../sides/side';
import type { CellSummary } from './summary';

// Bars with whiskers on one scale: drawn by hand, since the libraries that draw charts without a browser bring dozens of
// packages for what is a loop here.

const WIDTH = 900;
const LEFT = 190;
const RIGHT = 90;
const BAR = 11;
const GROUP = 2 * BAR + 14;
const TOP = 64;
const SIDES: readonly { readonly side: SideName; readonly colour: string; readonly label: string }[] = [
  { side: 'api', colour: '#2b6cb0', label: 'this server' },
  { side: 'floor', colour: '#a0aec0', label: 'floor (bare node:http and pg)' },
];

/** Twofold and halved stand equally far from 1. */
function scaleFor(values: readonly number[]): (value: number) => number {
  const low = Math.min(0.5, ...values) / 1.1;
  const high = Math.max(2, ...values) * 1.1;
  const span = Math.log(high / low);
  return (value) => LEFT + (Math.log(value / low) / span) * (WIDTH - LEFT - RIGHT);
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;
}

function gridLine(x: number, height: number, factor: number): string {
  const stroke = factor === 1 ? '#1a202c' : '#e2e8f0';
  const line = `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${TOP - 8}" y2="${height - 8}" stroke="${stroke}"/>`;
  return line + text(x, TOP - 14, `${factor}×`, 'text-anchor="middle"');
}

/** Requests a second of each cell as ratio to the reference, as an SVG; the whiskers are the least and greatest round. */
export function throughputChart(cells: readonly CellSummary[]): string {
  const shown = cells.filter(({ sides }) => sides.api.ratios.perSecond !== undefined);
  const ratios = shown.flatMap(({ sides }) => SIDES.flatMap(({ side }) => sides[side].ratios.perSecond ?? []));
  const x = scaleFor(ratios.flatMap(({ low, high }) => [low, high]));
  const height = TOP + shown.length * GROUP + 16;
  const factors = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128];
  const grid = factors.filter((factor) => x(factor) >= LEFT && x(factor) <= WIDTH - RIGHT);

  const bars = shown.flatMap(({ name, sides }, group) => {
    const top = TOP + group * GROUP;
    const drawn = SIDES.flatMap(({ side, colour }, index) => {
      const ratio = sides[side].ratios.perSecond;
      if (ratio === undefined) return [];
      const [from, to] = [x(1), x(ratio.median)].sort((a, b) => a - b) as [number, number];
      const y = top + index * BAR;
      const middle = y + BAR / 2 - 0.5;
      return [
        `<rect x="${from.toFixed(1)}" y="${y}" width="${(to - from).toFixed(1)}" height="${BAR - 1}" fill="${colour}"/>`,
        `<line x1="${x(ratio.low).toFixed(1)}" x2="${x(ratio.high).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#1a202c"/>`,
        text(Math.max(x(ratio.high), to) + 5, y + BAR - 2, `${ratio.median.toPrecision(3)}×`),
      ];
    });
    return [text(LEFT - 10, top + BAR + 4, name, 'text-anchor="end"'), ...drawn];
  });
  const legend = SIDES.flatMap(({ colour, label }, index) => {
    const left = LEFT + index * 130;
    return [`<rect x="${left}" y="22" width="10" height="10" fill="${colour}"/>`, text(left + 15, 31, label)];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 16, 'Requests a second as ratio to the reference (1×)', 'font-size="13" font-weight="bold"'),
    ...legend,
    ...grid.map((factor) => gridLine(x(factor), height, factor)),
    ...bars,
    '</svg>\n',
  ].join('\n');
}
