import type { ErrorItem } from './errors';
import { readIntegerText } from './integer-text';
import { Problem } from './problem';

/**
 * Reads an integer path parameter; a segment is always a string to the integer rules.
 *
 * @param segment the decoded segment
 * @param name the parameter's name, for the error's `loc`
 */
export function readIntegerPath(segment: string, name: string): { value: bigint } | { error: ErrorItem } {
  const value = readIntegerText(segment);
  return value instanceof Problem ? { error: value.at(['path', name], segment) } : { value };
}
