/** Bytes before each frame: the length of its head, and that of its body. */
const PREFIX = 8;

/** A piece of a message: what is said in JSON, and bytes that may be any. */
export interface Frame {
  readonly head: unknown;
  readonly body: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** A message that is not made of whole frames, or whose heads say what they should not; one sentence. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Reads the frames of a message one after the other; their bodies are views of its bytes. @throws FrameError */
export function* readFrames(message: Buffer): Generator<Frame> {
  for (let at = 0; at < message.length;) {
    if (message.length - at < PREFIX) throw new FrameError('The message ends within the lengths of a frame');
    const body = at + PREFIX + message.readUInt32BE(at);
    const end = body + message.readUInt32BE(at + 4);
    if (end > message.length) throw new FrameError('The message ends within a frame');
    yield { head: parsed(message.toString('utf8', at + PREFIX, body)), body: message.subarray(body, end) };
    at = end;
  }
}

/** The bytes of a frame, in pieces. */
export function frame(head: unknown, body: Buffer = NOTHING): Buffer[] {
  const text = Buffer.from(JSON.stringify(head));
  const prefix = Buffer.allocUnsafe(PREFIX);
  prefix.writeUInt32BE(text.length, 0);
  prefix.writeUInt32BE(body.length, 4);
  return body.length === 0 ? [prefix, text] : [prefix, text, body];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FrameError(`The head of a frame is no JSON: ${(error as Error).message}`, { cause: error });
  }
}
