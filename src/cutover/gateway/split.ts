import { createHash } from 'node:crypto';
import type { WriteLog } from '../journal/write-log';

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

/** Clients whose last writes are remembered one by one. */
const REMEMBERED = 10_000;

/** Remembers where in the order each client wrote last, so that a client always reads its own writes. */
export class OwnWrites {
  private readonly places = new Map<string, number>();
  /** As if every client had written here: where too many wrote to be remembered one by one. */
  private everyone = 0;

  constructor(private readonly log: WriteLog) {}

  wrote(key: string, place: number): void {
    if (this.log.followedTo === null) return;
    if (this.places.size >= REMEMBERED) {
      this.places.clear();
      this.everyone = this.log.lastPlace;
    }
    this.places.set(key, Math.max(place, this.places.get(key) ?? 0));
  }

  /** True if the follower has everything that this client wrote. */
  areFollowed(key: string): boolean {
    const place = this.places.get(key) ?? this.everyone;
    if (place === 0) return true;
    if (!this.log.isFollowed(place)) return false;
    this.places.delete(key);
    return true;
  }
}
