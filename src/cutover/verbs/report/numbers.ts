// How numbers are written for people, on the page and in the terminal. What was not measured is a dash.

const NONE = '–';

/** A whole number with its thousands apart: `12,345`. */
export function whole(value: number): string {
  return value.toLocaleString('en');
}

/** Three digits, as `0.123`, `12.3` or `1,230`. */
export function measured(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** A part (0 to 1) in per cent. */
export function percent(part: number | undefined): string {
  return part === undefined ? NONE : `${measured(part * 100)} %`;
}

/** A factor: `1.25×`. */
export function times(ratio: number | undefined): string {
  return ratio === undefined || !Number.isFinite(ratio) ? NONE : `${measured(ratio)}×`;
}

/** `2026-05-01 10:00:00 UTC`, from ISO 8601. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
