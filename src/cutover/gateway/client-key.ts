import { createHash } from 'node:crypto';

/** By what a client is known again: a header, a cookie, or its address. */
export interface StickyBy {
  readonly kind: 'header' | 'cookie' | 'address';
  /** Of the header, in lower case, or of the cookie. */
  readonly name: string;
}

/** @throws TypeError unless it is `address`, `header:NAME` or `cookie:NAME` */
export function parseStickyBy(text: string): StickyBy {
  const [kind = '', name = '', ...rest] = text.split(':');
  if (kind === 'address' && name === '') return { kind, name };
  if ((kind === 'header' || kind === 'cookie') && /^[\w!#$%&'*+.^`|~-]+$/.test(name) && rest.length === 0) {
    return { kind, name: kind === 'header' ? name.toLowerCase() : name };
  }
  throw new TypeError(
    `${JSON.stringify(text)} does not tell how to recognise clients: write address, header:NAME or cookie:NAME`,
  );
}

/** What a client is known by; without the header or the cookie it is its address. */
export function clientKey(
  { kind, name }: StickyBy,
  header: (name: string) => string | undefined,
  address: string,
): string {
  if (kind === 'header') return header(name) ?? address;
  if (kind === 'cookie') return cookieOf(header('cookie') ?? '', name) ?? address;
  return address;
}

function cookieOf(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const [key = '', ...value] = pair.split('=');
    if (key.trim() === name) return value.join('=').trim();
  }
  return undefined;
}

/** From 0 to 99, the same for the same client always: a higher percentage only adds clients. */
export function bucketOf(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) % 100;
}
