import { OVERSIZED_INTEGER, type Problem, UNREADABLE_INTEGER } from './problem';

/** In bytes of UTF-8, sign and all. */
const MAX_LENGTH = 4300;
/** From this length on, pydantic-core hands the text to a big integer parser, which lets underscores pass. */
const BIG_LENGTH = 19;

/**
 * Reads an integer from a string as pydantic 2.5 does: ASCII digits with an optional sign, no white space; a fraction
 * of zeros and single underscores between digits are let pass.
 */
export function readIntegerText(text: string): bigint | Problem {
  const length = Buffer.byteLength(text);
  if (length > MAX_LENGTH) return OVERSIZED_INTEGER;
  return readPlain(text, length) ?? readRelaxed(text, length) ?? UNREADABLE_INTEGER;
}

/** `length` is that of the original string, which decides on the parser even when only a part is read. */
function readPlain(text: string, length: number): bigint | undefined {
  const form = length < BIG_LENGTH ? /^([+-]?)([0-9]+)$/ : /^([+-]?)([0-9][0-9_]*)$/;
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = ''] = match;
  const size = BigInt(digits.replaceAll('_', ''));
  return sign === '-' ? -size : size;
}

function readRelaxed(text: string, length: number): bigint | undefined {
  const point = text.indexOf('.');
  if (point !== -1 && /^0*$/.test(text.slice(point + 1))) return readPlain(text.slice(0, point), length);
  return hasSingleUnderscores(text) ? readPlain(text.replaceAll('_', ''), length) : undefined;
}

/** Underscores as Python's literals have them: not at the ends, not two in a row. */
export function hasSingleUnderscores(text: string): boolean {
  return !text.startsWith('_') && !text.endsWith('_') && !text.includes('__');
}
