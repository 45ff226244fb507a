import { isUtf8 } from 'node:buffer';
import { isHighSurrogate, isLowSurrogate, REPLACEMENT } from './surrogates';

/**
 * The body is not readable as JSON text for another reason than its syntax: undecodable bytes, too many levels,
 * an integer with too many digits. The contract answers 400 "There was an error parsing the body".
 */
export class UnreadableBody extends Error {
  override readonly name: string = 'UnreadableBody';
}

/** The values of the body need more memory than one body may take, which small texts can: `[[],[],[],…]`. */
export class OversizedBody extends UnreadableBody {
  override readonly name: string = 'OversizedBody';
}

type Encoding = 'utf-8' | 'utf-16-le' | 'utf-16-be' | 'utf-32-le' | 'utf-32-be';

/**
 * Decodes JSON bytes to text, the byte order mark dropped. The encoding is told from the first bytes as
 * `json.detect_encoding` of Python 3.11 does; decoding is strict but lets encoded surrogates through ("surrogatepass").
 * Two encoded halves in a row are two characters to Python; where JavaScript would read them as one, the second
 * becomes U+FFFD, so that the text stays ill-formed and every character keeps its position.
 *
 * @throws UnreadableBody if the bytes are not valid in that encoding
 */
export function decodeJsonBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { encoding, mark } = detectEncoding(buffer);
  const content = buffer.subarray(mark);
  switch (encoding) {
    case 'utf-8':
      return decodeUtf8(content);
    case 'utf-16-le':
      return decodeUtf16(content);
    case 'utf-16-be':
      return decodeUtf16(content.length % 2 === 0 ? Buffer.from(content).swap16() : content);
    case 'utf-32-le':
      return decodeUtf32(content, (at) => content.readUInt32LE(at));
    case 'utf-32-be':
      return decodeUtf32(content, (at) => content.readUInt32BE(at));
  }
}

/** `mark` is the length of the byte order mark in bytes. The order of the tests is Python's. */
function detectEncoding(bytes: Buffer): { encoding: Encoding; mark: number } {
  const [a, b, c, d] = bytes;
  if (a === 0x00 && b === 0x00 && c === 0xfe && d === 0xff) return { encoding: 'utf-32-be', mark: 4 };
  if (a === 0xff && b === 0xfe && c === 0x00 && d === 0x00) return { encoding: 'utf-32-le', mark: 4 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16-be', mark: 2 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16-le', mark: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', mark: 3 };
  if (bytes.length >= 4) {
    if (a === 0) return { encoding: b === 0 ? 'utf-32-be' : 'utf-16-be', mark: 0 };
    if (b === 0) return { encoding: c === 0 && d === 0 ? 'utf-32-le' : 'utf-16-le', mark: 0 };
  } else if (bytes.length === 2) {
    if (a === 0) return { encoding: 'utf-16-be', mark: 0 };
    if (b === 0) return { encoding: 'utf-16-le', mark: 0 };
  }
  return { encoding: 'utf-8', mark: 0 };
}

function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const text = new TextParts();
  let start = 0;
  // 0xED is a lead byte wherever it stands, so an encoded surrogate cannot be mistaken for anything else.
  for (let at = bytes.indexOf(0xed); at !== -1; at = bytes.indexOf(0xed, at + 1)) {
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    if (at > start) text.add(strictUtf8(bytes.subarray(start, at)));
    text.addSurrogate(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    start = at + 3;
  }
  if (start < bytes.length) text.add(strictUtf8(bytes.subarray(start)));
  return text.toString();
}

function strictUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new UnreadableBody('The body is not valid UTF-8');
  return bytes.toString('utf8');
}

function decodeUtf16(bytes: Buffer): string {
  if (bytes.length % 2 !== 0) throw new UnreadableBody('The body ends within a UTF-16 unit');
  return bytes.toString('utf16le');
}

function decodeUtf32(bytes: Buffer, codePointAt: (at: number) => number): string {
  if (bytes.length % 4 !== 0) throw new UnreadableBody('The body ends within a UTF-32 unit');
  // A string a character would take ten times the memory of the body.
  const units = Buffer.allocUnsafe(bytes.length);
  let end = 0;
  let afterHighSurrogate = false;
  const add = (unit: number) => (end = units.writeUInt16LE(unit, end));
  for (let at = 0; at < bytes.length; at += 4) {
    const codePoint = codePointAt(at);
    if (codePoint > 0x10ffff) throw new UnreadableBody('The body is not valid UTF-32');
    if (codePoint < 0x10000) add(afterHighSurrogate && isLowSurrogate(codePoint) ? REPLACEMENT_UNIT : codePoint);
    else {
      add(0xd7c0 + (codePoint >> 10));
      add(0xdc00 | (codePoint & 0x3ff));
    }
    afterHighSurrogate = isHighSurrogate(codePoint);
  }
  return units.toString('utf16le', 0, end);
}

const REPLACEMENT_UNIT = REPLACEMENT.charCodeAt(0);

/** So many parts are joined at a time: each by itself takes ten times the memory of its bytes. */
const JOINED = 1024;

/** Collects text whose surrogates stay apart. */
class TextParts {
  private readonly joined: string[] = [];
  private parts: string[] = [];
  private afterHighSurrogate = false;

  add(part: string): void {
    this.push(part);
    this.afterHighSurrogate = false;
  }

  addSurrogate(unit: number): void {
    const wouldPair = this.afterHighSurrogate && isLowSurrogate(unit);
    this.push(wouldPair ? REPLACEMENT : String.fromCharCode(unit));
    this.afterHighSurrogate = isHighSurrogate(unit);
  }

  toString(): string {
    return this.joined.join('') + this.parts.join('');
  }

  private push(part: string): void {
    if (this.parts.push(part) < JOINED) return;
    this.joined.push(this.parts.join(''));
    this.parts = [];
  }
}
