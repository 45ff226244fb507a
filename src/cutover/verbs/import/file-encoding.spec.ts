import { Readable } from 'node:stream';
import { asUtf8 } from './file-encoding';

const TEXT = '[{"id":1,"name":"Łódź 漢 🗑"}]\r\n';
const UTF8 = Buffer.from(TEXT);
const LITTLE = Buffer.from(TEXT, 'utf16le');
const BIG = Buffer.from(LITTLE).swap16();
const mark = (...bytes: number[]): Buffer => Buffer.from(bytes);

async function read(bytes: Buffer, size: number): Promise<string> {
  const count = Math.ceil(bytes.length / size);
  const pieces = Readable.from(Array.from({ length: count }, (_, n) => bytes.subarray(n * size, (n + 1) * size)));
  const all: Buffer[] = [];
  for await (const piece of asUtf8(pieces as AsyncIterable<Buffer>, 'list.json')) all.push(piece);
  return Buffer.concat(all).toString();
}

it.each([
  ['UTF-8', UTF8],
  ['UTF-8 with a mark', Buffer.concat([mark(0xef, 0xbb, 0xbf), UTF8])],
  ['UTF-16LE, as Windows PowerShell writes it', Buffer.concat([mark(0xff, 0xfe), LITTLE])],
  ['UTF-16BE', Buffer.concat([mark(0xfe, 0xff), BIG])],
])('reads %s, in pieces of any size', async (_, bytes) => {
  for (const size of [1, 2, 3, 7, 1000]) expect(await read(bytes, size)).toBe(TEXT);
});

it.each([
  ['', ''],
  ['[]', '[]'],
])('passes %j', async (text, expected) => {
  expect(await read(Buffer.from(text), 1)).toBe(expected);
});

it('says what is wrong with another encoding', async () => {
  await expect(read(LITTLE, 5)).rejects.toThrow(
    'list.json is neither UTF-8 nor UTF-16 with a byte order mark: save it',
  );
  await expect(read(BIG, 5)).rejects.toThrow('neither UTF-8 nor UTF-16');
  const cut = Buffer.concat([mark(0xff, 0xfe), LITTLE.subarray(0, 11)]);
  await expect(read(cut, 4)).rejects.toThrow('list.json is not the utf-16le that its first bytes promise');
});
