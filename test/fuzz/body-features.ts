import { bodyOf, type RecordedRequest } from '../../src/recordings/exchange';

/** Stands in a parsed body for a number literal that is no finite double; no generated string holds U+0001 and this. */
export const NON_FINITE = '\u0001non-finite number';

/**
 * The body as Python's json reads it, with NaN, infinities and overflowing literals replaced by {@link NON_FINITE};
 * undefined if it is no such JSON. Good enough to recognise divergences: digits of numbers are not kept.
 */
export function parsedBody(request: RecordedRequest): unknown {
  const bytes = bodyOf(request);
  if (bytes === null || bytes.length === 0) return undefined;
  try {
    return JSON.parse(finiteText(decoded(dechunked(request, bytes)))) as unknown;
  } catch {
    return undefined;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

function finiteText(text: string): string {
  return text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    const number = Number(token);
    if (Number.isFinite(number)) return token;
    // A long integer is an exact integer to Python, not an infinity.
    return /^-?\d+$/.test(token) ? '0' : JSON.stringify(NON_FINITE);
  });
}

function dechunked(request: RecordedRequest, bytes: Buffer): Buffer {
  if (!request.headers.some(([name]) => name.toLowerCase() === 'transfer-encoding')) return bytes;
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at);
    const size = parseInt(bytes.toString('latin1', at, end), 16);
    if (end < 0 || !(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

/** The text of the bytes in the encoding that Python's json would detect; encoded surrogates stay lone surrogates. */
function decoded(bytes: Buffer): string {
  const [a, b, c, d] = bytes;
  const starts = (...bom: number[]): boolean => bom.every((byte, index) => bytes[index] === byte);
  if (starts(0, 0, 0xfe, 0xff)) return utf32(swapped(bytes.subarray(4), 4));
  if (starts(0xff, 0xfe, 0, 0)) return utf32(bytes.subarray(4));
  if (starts(0xfe, 0xff)) return swapped(bytes.subarray(2), 2).toString('utf16le');
  if (starts(0xff, 0xfe)) return bytes.toString('utf16le', 2);
  if (starts(0xef, 0xbb, 0xbf)) return utf8(bytes.subarray(3));
  if (bytes.length >= 4 && a === 0) return b === 0 ? utf32(swapped(bytes, 4)) : swapped(bytes, 2).toString('utf16le');
  if (bytes.length >= 4 && b === 0) return c === 0 && d === 0 ? utf32(bytes) : bytes.toString('utf16le');
  return utf8(bytes);
}

function swapped(bytes: Buffer, unit: 2 | 4): Buffer {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % unit)));
  return unit === 2 ? copy.swap16() : copy.swap32();
}

function utf32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) text += String.fromCodePoint(bytes.readUInt32LE(at));
  return text;
}

function utf8(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  // Three bytes ED A0..BF xx are an encoded surrogate, which Node's decoder would replace.
  return text
    .split(/(\xed[\xa0-\xbf][\x80-\xbf])/)
    .map((part, index) => (index % 2 === 1 ? surrogate(part) : Buffer.from(part, 'latin1').toString('utf8')))
    .join('');
}

function surrogate(part: string): string {
  return String.fromCharCode(0xd000 | ((part.charCodeAt(1) & 0x3f) << 6) | (part.charCodeAt(2) & 0x3f));
}

/** True if the value, or a value or key anywhere inside it, passes the test. */
export function someWithin(value: unknown, test: (leaf: unknown) => boolean): boolean {
  if (test(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => (!Array.isArray(value) && test(key)) || someWithin(inner, test));
}

/** Levels of nested arrays and objects. */
export function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((most: number, inner) => Math.max(most, depthOf(inner)), 0);
}
