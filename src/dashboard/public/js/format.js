const counts = new Intl.NumberFormat();
const quantities = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });
const extremes = new Intl.NumberFormat(undefined, { notation: 'scientific', maximumFractionDigits: 3 });
const degrees = new Intl.NumberFormat(undefined, { maximumFractionDigits: 5 });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const clocks = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

export const formatCount = (count) => counts.format(count);

/** A quantity for reading; null (a sum beyond what a double holds) and extremes keep the columns narrow. */
export function formatQuantity(quantity) {
  if (quantity === null) return '∞';
  const size = Math.abs(quantity);
  return (size !== 0 && size < 0.001) || size >= 1e15 ? extremes.format(quantity) : quantities.format(quantity);
}

/** Degrees to about a metre. */
export const formatDegrees = (angle) => degrees.format(angle);

/** A contract date: one without an offset is a wall clock time and shown as it is, others in the reader's zone. */
export function formatDate(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : dates.format(date);
}

export const formatClock = (date) => clocks.format(date);

export const capitalize = (word) => word.charAt(0).toUpperCase() + word.slice(1);
