/**
 * Whether FastAPI 0.104.1 reads a body with this Content-Type as JSON: with none or an empty one, and with
 * `application/json` or `application/<anything>+json`; parameters, charset included, are ignored.
 *
 * @param header the first Content-Type header, one character a byte; null if there is none
 */
export function isJsonContentType(header: string | null): boolean {
  if (header === null || header === '' || header === 'application/json') return true;
  const [type = ''] = header.split(';', 1);
  const [main, sub = '', ...more] = strip(type).toLowerCase().split('/');
  return main === 'application' && more.length === 0 && (sub === 'json' || sub.endsWith('+json'));
}

const SPACE = /[\t-\r\x1c-\x20\x85\xa0]/;

/** Python's str.strip, as far as one-byte characters go; in linear time, which one pattern for the end would not take. */
function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text.charAt(start))) start += 1;
  while (start < end && SPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
