/** JSON that is already written: a handler that returns it is answered with these very bytes. */
export class WireText {
  constructor(readonly text: string) {}
}
