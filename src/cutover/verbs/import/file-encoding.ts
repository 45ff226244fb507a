import { TextDecoder } from 'node:util';
import { CutoverError } from '../../cutover-error';

/** What a byte order mark says, as Windows PowerShell's redirections write it. */
const MARKS: readonly { readonly mark: Buffer; readonly encoding: string }[] = [
  { mark: Buffer.from([0xef, 0xbb, 0xbf]), encoding: 'utf-8' },
  { mark: Buffer.from([0xff, 0xfe]), encoding: 'utf-16le' },
  { mark: Buffer.from([0xfe, 0xff]), encoding: 'utf-16be' },
];

/**
 * A saved text as UTF-8 without a byte order mark, whichever of UTF-8 and UTF-16 it was saved in. Without a mark the bytes pass as
 * they are.
 *
 * @param name of the file, for error messages
 * @throws CutoverError if it is UTF-16 without a mark, or not whole
 */
export async function* asUtf8(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let begun = false;
  let head: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of pieces) {
      let bytes = piece;
      if (!begun) {
        head = Buffer.concat([head, piece]);
        // The longest mark has three bytes.
        if (head.length < 3) continue;
        begun = true;
        bytes = head;
        decoder = decoderFor(head, name);
      }
      yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
    }
    if (!begun) yield head;
    else if (decoder !== undefined) yield Buffer.from(decoder.decode());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new CutoverError(`${name} is not the ${decoder?.encoding ?? 'text'} that its first bytes promise`);
  }
}

/** @throws CutoverError for UTF-16 without a mark: ASCII takes every other byte then */
function decoderFor(head: Buffer, name: string): TextDecoder | undefined {
  const found = MARKS.find(({ mark }) => head.subarray(0, mark.length).equals(mark));
  if (found !== undefined) return new TextDecoder(found.encoding, { fatal: true });
  if (head[0] !== 0 && head[1] !== 0) return undefined;
  throw new CutoverError(`${name} is neither UTF-8 nor UTF-16 with a byte order mark: save it as UTF-8`);
}
