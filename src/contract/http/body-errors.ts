/** The client sent more than the limit allows. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The client went away, or closed its sending half, before the body was complete. */
export class BodyAborted extends Error {
  override readonly name = 'BodyAborted';
}

/** Too many other bodies were in work for too long. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
}
