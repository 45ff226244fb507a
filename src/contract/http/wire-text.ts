/** From this length on, text is encoded once and its bytes are kept: it may be the answer to many requests. */
const LONG = 4096;

/** JSON that is already written: a handler that returns it is answered with these very bytes. */
export class WireText {
  private bytes: Buffer | undefined;

  constructor(readonly text: string) {}

  /** What to send. */
  get body(): string | Buffer {
    if (this.text.length < LONG) return this.text;
    return (this.bytes ??= Buffer.from(this.text));
  }
}
