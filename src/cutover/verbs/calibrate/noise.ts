import type { HeaderPair } from '../../../recordings/exchange';
import type { RawResponse } from '../../../recordings/raw-response';

/**
 * What differs between two answers when nothing is masked: names such as `status`, `header date`, `order of headers`,
 * `body`. This is the noise that the comparison's masks must cover.
 */
export function noiseBetween(first: RawResponse, second: RawResponse): string[] {
  const found: string[] = [];
  if (first.status !== second.status) found.push('status');
  const [left, right] = [valuesByName(first.headers), valuesByName(second.headers)];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    if (left.get(name) !== right.get(name)) found.push(`header ${name}`);
  }
  if (namesOf(first.headers) !== namesOf(second.headers)) found.push('order of headers');
  if (!first.body.equals(second.body)) found.push('body');
  if (first.complete !== second.complete) found.push('end');
  return found;
}

function valuesByName(headers: readonly HeaderPair[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return values;
}

function namesOf(headers: readonly HeaderPair[]): string {
  return headers.map(([name]) => name).join('\n');
}
