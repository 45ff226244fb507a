import { crc32 } from 'node:zlib';

/**
 * A frame: magic, length of the payload, bytes of this segment that were durable when it was written, CRC-32 of the frame
 * before it, CRC-32 of all that and the payload; four bytes each, big-endian. Frames begin at multiples of eight.
 *
 * The CRCs begin with the journal's seed, so that no client can put into a body what looks like a frame of this journal.
 * The chain of CRCs keeps what an earlier, failed write left behind from being taken for a record. The durable offset
 * tells a torn tail from damage: a whole frame that lies after a gap and says that the gap was durable proves damage.
 */
const FRAME_BYTES = 20;
const MAGIC = 0x57434a31;
const ALIGNMENT = 8;
const LONGEST = 1 << 30;

/** The secret start of a journal's CRCs. */
export function seedOf(journal: string): number {
  return crc32(journal);
}

/** Where a chain of frames has come to. */
export interface ChainEnd {
  readonly offset: number;
  readonly crc: number;
}

export interface Frame {
  readonly payload: Buffer;
  readonly durable: number;
  readonly previous: number;
  /** Of this frame, and where the next one begins. */
  readonly end: ChainEnd;
}

/** The bytes that a payload takes with its frame. */
export function framedLength(payloadBytes: number): number {
  return Math.ceil((FRAME_BYTES + payloadBytes) / ALIGNMENT) * ALIGNMENT;
}

/** Frames a payload that is given in parts. @returns its buffers, and the end of the chain with it */
export function encodeFrame(
  parts: readonly Buffer[],
  at: ChainEnd,
  { durable, seed }: { readonly durable: number; readonly seed: number },
): { readonly buffers: readonly Buffer[]; readonly end: ChainEnd } {
  let length = 0;
  for (const part of parts) length += part.length;
  const head = Buffer.allocUnsafe(FRAME_BYTES);
  head.writeUInt32BE(MAGIC, 0);
  head.writeUInt32BE(length, 4);
  head.writeUInt32BE(durable, 8);
  head.writeUInt32BE(at.crc, 12);
  let crc = crc32(head.subarray(0, 16), seed);
  for (const part of parts) crc = crc32(part, crc);
  head.writeUInt32BE(crc, 16);
  const total = framedLength(length);
  const buffers = [head, ...parts];
  if (total > FRAME_BYTES + length) buffers.push(Buffer.alloc(total - FRAME_BYTES - length));
  return { buffers, end: { offset: at.offset + total, crc } };
}

/** The frame that begins at an offset; undefined if there is no whole, undamaged one. */
export function decodeFrame(bytes: Buffer, offset: number, seed: number): Frame | undefined {
  if (bytes.length - offset < FRAME_BYTES || bytes.readUInt32BE(offset) !== MAGIC) return undefined;
  const length = bytes.readUInt32BE(offset + 4);
  const start = offset + FRAME_BYTES;
  if (length > LONGEST || bytes.length - start < length) return undefined;
  const payload = bytes.subarray(start, start + length);
  const crc = bytes.readUInt32BE(offset + 16);
  if (crc32(payload, crc32(bytes.subarray(offset, offset + 16), seed)) !== crc) return undefined;
  return {
    payload,
    durable: bytes.readUInt32BE(offset + 8),
    previous: bytes.readUInt32BE(offset + 12),
    end: { offset: offset + framedLength(length), crc },
  };
}

/** The first offset after `from` that a whole frame in these bytes says was durable; undefined if none proves anything. */
export function provenDurable(bytes: Buffer, from: number, seed: number): number | undefined {
  const first = Math.ceil(from / ALIGNMENT) * ALIGNMENT;
  for (let offset = first; offset + FRAME_BYTES <= bytes.length; offset += ALIGNMENT) {
    if (bytes.readUInt32BE(offset) !== MAGIC) continue;
    const frame = decodeFrame(bytes, offset, seed);
    if (frame !== undefined && frame.durable > from && frame.durable <= offset) return frame.durable;
  }
  return undefined;
}
