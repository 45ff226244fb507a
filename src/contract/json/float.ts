/**
 * Python's `repr` of a float: the shortest digits that read back to the same double, positional with a point for
 * exponents from -4 to 15, otherwise `1.5e+300`, `1e-05`; `nan`, `inf` and `-inf`. JavaScript finds the same digits
 * and differs in the layout only.
 */
export function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : `${value}`;
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (Number.isNaN(value)) return 'nan';
  if (size === Infinity) return value > 0 ? 'inf' : '-inf';
  return value.toExponential().replace(/(?<=e[+-])\d$/, '0$&');
}
