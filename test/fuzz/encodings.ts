import type { Random } from './random';

type Encode = (text: string) => Buffer;

const utf16le: Encode = (text) => Buffer.from(text, 'utf16le');
const utf16be: Encode = (text) => utf16le(text).swap16();
const utf32le: Encode = (text) => {
  const points = Array.from(text);
  const bytes = Buffer.alloc(points.length * 4);
  points.forEach((point, index) => bytes.writeUInt32LE(point.codePointAt(0)!, index * 4));
  return bytes;
};
const utf32be: Encode = (text) => utf32le(text).swap32();
const withBom =
  (bom: readonly number[], encode: Encode): Encode =>
  (text) =>
    Buffer.concat([Buffer.from(bom), encode(text)]);

const WIDE: readonly Encode[] = [
  utf16le,
  utf16be,
  utf32le,
  utf32be,
  withBom([0xff, 0xfe], utf16le),
  withBom([0xfe, 0xff], utf16be),
  withBom([0xff, 0xfe, 0, 0], utf32le),
  withBom([0, 0, 0xfe, 0xff], utf32be),
  withBom([0xef, 0xbb, 0xbf], (text) => Buffer.from(text)),
];

/** The text in one of the encodings that Python's json detects, sometimes cut short, injured or not an encoding at all. */
export function encoded(random: Random, text: string): Buffer {
  const bytes = random.pick(WIDE)(text);
  return random.weighted(
    [70, () => bytes],
    [8, () => bytes.subarray(0, random.int(0, bytes.length))],
    [8, () => withByte(random, bytes)],
    [4, () => Buffer.from(text, 'latin1')],
    [10, () => withByte(random, Buffer.from(text))],
  );
}

const ODD_BYTES = [
  [0xff], [0x80], [0xc3], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf0, 0x9f],
  [0x00], [0xfe], [0xef, 0xbb, 0xbf], [0x00, 0xd8], [0xd8, 0x00], [0xf8], [0xe0, 0x80, 0xaf], [0xf0, 0x82, 0x82, 0xac],
] as const; // prettier-ignore

/** The bytes with an odd byte sequence put in somewhere, or over what was there. */
function withByte(random: Random, bytes: Buffer): Buffer {
  const at = random.int(0, bytes.length);
  const odd = Buffer.from(random.pick(ODD_BYTES));
  const rest = random.chance(50) ? at : at + odd.length;
  return Buffer.concat([bytes.subarray(0, at), odd, bytes.subarray(rest)]);
}

/** The bytes in chunked framing: pieces of random sizes, hexadecimal in either case, seldom with an extension. */
export function chunked(random: Random, bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = Math.min(
      bytes.length - at,
      random.weighted([3, () => random.int(1, 20)], [2, () => random.int(1, 5000)]),
    );
    const hex = size.toString(16);
    const extension = random.chance(10) ? random.pick([';x', ';name=value', ';a="b"']) : '';
    const line = `${random.chance(10) ? '0' : ''}${random.chance(50) ? hex.toUpperCase() : hex}${extension}\r\n`;
    pieces.push(Buffer.from(line), bytes.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}
