import { decodeJsonBytes, UnreadableBody } from './decode';
import { isHighSurrogate, isLowSurrogate, REPLACEMENT } from './surrogates';
import type { JsonObject, JsonValue } from './value';

export { UnreadableBody };

/** Containers within containers, the outermost counted; the old server's stack gave way at this point. */
const MAX_LEVELS = 968;
/** Python's `sys.int_info.default_max_str_digits`. */
const MAX_INTEGER_DIGITS = 4300;

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

/**
 * Reads JSON as `json.loads` of Python 3.11 reads bytes: RFC 8259 plus NaN, Infinity and -Infinity; exact integers;
 * of duplicate keys the last value at the first position.
 *
 * @throws JsonSyntaxError with Python's message and position
 * @throws UnreadableBody for undecodable bytes, more than 968 levels, or an integer of more than 4300 digits
 */
export function readJson(bytes: Uint8Array): JsonValue {
  return new Reader(decodeJsonBytes(bytes)).readDocument();
}

const LITERALS: ReadonlyMap<string, readonly [text: string, value: JsonValue]> = new Map([
  ['n', ['null', null]],
  ['t', ['true', true]],
  ['f', ['false', false]],
  ['N', ['NaN', NaN]],
  ['I', ['Infinity', Infinity]],
]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FOUR_HEX_DIGITS = /^[0-9a-fA-F]{4}$/;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  readDocument(): JsonValue {
    this.skipSpace();
    const value = this.readValue(0);
    this.skipSpace();
    if (this.at < this.text.length) throw this.failure('Extra data', this.at);
    return value;
  }

  /** `level` is the number of containers around the value. */
  private readValue(level: number): JsonValue {
    const first = this.text.charAt(this.at);
    switch (first) {
      case '"':
        return this.readString();
      case '{':
        return this.readObject(level + 1);
      case '[':
        return this.readArray(level + 1);
      case '-':
        return this.skipWord('-Infinity') ? -Infinity : this.readNumber();
      default:
        return isDigit(this.text.charCodeAt(this.at)) ? this.readNumber() : this.readLiteral(first);
    }
  }

  private readLiteral(first: string): JsonValue {
    const literal = LITERALS.get(first);
    if (literal === undefined || !this.skipWord(literal[0])) throw this.failure('Expecting value', this.at);
    return literal[1];
  }

  private readObject(level: number): JsonObject {
    this.enter(level);
    const object: JsonObject = new Map();
    if (this.skip('}')) return object;
    for (;;) {
      if (this.text.charCodeAt(this.at) !== QUOTE) {
        throw this.failure('Expecting property name enclosed in double quotes', this.at);
      }
      const key = this.readString();
      this.skipSpace();
      if (!this.skip(':')) throw this.failure("Expecting ':' delimiter", this.at);
      object.set(key, this.readValue(level));
      this.skipSpace();
      if (this.skip('}')) return object;
      if (!this.skip(',')) throw this.failure("Expecting ',' delimiter", this.at);
    }
  }

  private readArray(level: number): JsonValue[] {
    this.enter(level);
    const array: JsonValue[] = [];
    if (this.skip(']')) return array;
    for (;;) {
      array.push(this.readValue(level));
      this.skipSpace();
      if (this.skip(']')) return array;
      if (!this.skip(',')) throw this.failure("Expecting ',' delimiter", this.at);
    }
  }

  private readNumber(): number | bigint {
    const start = this.at;
    const digits = this.text.charAt(start) === '-' ? start + 1 : start;
    let end = this.text.charAt(digits) === '0' ? digits + 1 : this.digitsEnd(digits);
    if (end === digits) throw this.failure('Expecting value', start);
    const integerEnd = end;
    if (this.text.charAt(end) === '.') end = this.digitsEnd(end + 1, end);
    if (/[eE]/.test(this.text.charAt(end))) {
      const sign = /[+-]/.test(this.text.charAt(end + 1)) ? 1 : 0;
      end = this.digitsEnd(end + 1 + sign, end);
    }
    this.at = end;
    const literal = this.text.slice(start, end);
    if (end > integerEnd) return Number(literal);
    if (end - digits > MAX_INTEGER_DIGITS) throw new UnreadableBody(`An integer has ${end - digits} digits`);
    return BigInt(literal);
  }

  /** The end of the digits from `start` on; without any, `otherwise`. */
  private digitsEnd(start: number, otherwise = start): number {
    let end = start;
    while (isDigit(this.text.charCodeAt(end))) end += 1;
    return end > start ? end : otherwise;
  }

  private readString(): string {
    const quote = this.at;
    let value = '';
    let start = quote + 1;
    for (let at = start; at < this.text.length; at += 1) {
      const unit = this.text.charCodeAt(at);
      if (unit === QUOTE) {
        this.at = at + 1;
        return value + this.text.slice(start, at);
      }
      if (unit < 0x20) throw this.failure('Invalid control character at', at);
      if (unit !== BACKSLASH) continue;
      value += this.text.slice(start, at);
      this.at = at + 1;
      value += this.readEscape(quote, value);
      start = this.at;
      at = start - 1;
    }
    throw this.failure('Unterminated string starting at', quote);
  }

  /** Reads on after a backslash; `before` is the string's value so far. */
  private readEscape(quote: number, before: string): string {
    const letter = this.text.charAt(this.at);
    if (letter === '') throw this.failure('Unterminated string starting at', quote);
    if (letter !== 'u') {
      const character = ESCAPES.get(letter);
      if (character === undefined) throw this.failure('Invalid \\escape', this.at - 1);
      this.at += 1;
      return character;
    }
    const unit = this.readHexUnit();
    if (!isHighSurrogate(unit))
      return isLowSurrogate(unit) ? this.loneSurrogate(unit, before) : String.fromCharCode(unit);
    if (this.text.startsWith('\\u', this.at)) {
      const backslash = this.at;
      this.at += 1;
      const second = this.readHexUnit();
      if (isLowSurrogate(second)) return String.fromCharCode(unit, second);
      this.at = backslash;
    }
    return this.loneSurrogate(unit, before);
  }

  /** From the `u` of an escape on. Python wants a fifth character after it, be it only the closing quote. */
  private readHexUnit(): number {
    const digits = this.text.slice(this.at + 1, this.at + 5);
    if (!FOUR_HEX_DIGITS.test(digits) || this.at + 5 >= this.text.length) {
      throw this.failure('Invalid \\uXXXX escape', this.at);
    }
    this.at += 5;
    return Number.parseInt(digits, 16);
  }

  /** An escaped surrogate never pairs with one that stood in the body's bytes; here it would, so it gives way. */
  private loneSurrogate(unit: number, before: string): string {
    const wouldPair = isHighSurrogate(unit)
      ? isLowSurrogate(this.text.charCodeAt(this.at))
      : isHighSurrogate(before.charCodeAt(before.length - 1));
    return wouldPair ? REPLACEMENT : String.fromCharCode(unit);
  }

  private enter(level: number): void {
    if (level > MAX_LEVELS) throw new UnreadableBody(`More than ${MAX_LEVELS} levels of arrays and objects`);
    this.at += 1;
    this.skipSpace();
  }

  /** Skips one delimiter and the white space after it. */
  private skip(delimiter: string): boolean {
    if (this.text.charAt(this.at) !== delimiter) return false;
    this.at += 1;
    if (delimiter === ',' || delimiter === ':') this.skipSpace();
    return true;
  }

  private skipWord(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private skipSpace(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.at += 1;
    }
  }

  private failure(reason: string, index: number): JsonSyntaxError {
    return new JsonSyntaxError(reason, codePointsBefore(this.text, index));
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function codePointsBefore(text: string, index: number): number {
  let count = index;
  for (let at = 1; at < index; at += 1) {
    if (isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1))) count -= 1;
  }
  return count;
}
