import { CutoverError } from '../cutover-error';

/**
 * A side gave no answer that can be used. `unreachable`: no connection could be made, so that nothing was sent; `silent`: the
 * request may have arrived, and whether it took effect is unknown.
 */
export class SideAway extends CutoverError {
  override name = 'SideAway';

  constructor(
    readonly kind: 'unreachable' | 'silent',
    message: string,
  ) {
    super(message);
  }
}
