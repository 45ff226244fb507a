import { isHighSurrogate, isLowSurrogate } from './surrogates';

/** The text is not JSON. `reason` is Python's message, `position` counts code points from 0, after a byte order mark. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  constructor(
    readonly reason: string,
    readonly position: number,
  ) {
    super(`${reason}: character ${position}`);
  }
}

/** The error for an index into the text, which counts UTF-16 units. */
export function syntaxError(reason: string, text: string, index: number): JsonSyntaxError {
  let position = index;
  for (let at = 1; at < index; at += 1) {
    if (isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1))) position -= 1;
  }
  return new JsonSyntaxError(reason, position);
}
