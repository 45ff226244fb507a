import { decodeJsonBytes, OversizedBody, UnreadableBody } from './decode';
import { readStringLiteral } from './string-literal';
import { JsonSyntaxError, syntaxError } from './syntax-error';
import type { JsonObject, JsonValue } from './value';

export { JsonSyntaxError, OversizedBody, UnreadableBody };

/** Containers within containers, the outermost counted; the old server's stack gave way at this point. */
const MAX_LEVELS = 968;
/** Python's `sys.int_info.default_max_str_digits`. */
const MAX_INTEGER_DIGITS = 4300;

/** Bytes that the values of one text may take beside their characters, and what each takes in V8, its place included. */
const MAX_MEMORY = 128 << 20;
const COST = { array: 64, object: 256, member: 64, integer: 40, number: 24, string: 40 } as const;

/**
 * Reads JSON as `json.loads` of Python 3.11 reads bytes: RFC 8259 plus NaN, Infinity and -Infinity; exact integers;
 * of duplicate keys the last value at the first position.
 *
 * @throws JsonSyntaxError with Python's message and position
 * @throws UnreadableBody for undecodable bytes, more than 968 levels, or an integer of more than 4300 digits
 * @throws OversizedBody, a kind of it, for values that take more than 128 MB
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

const QUOTE = 0x22;

class Reader {
  private at = 0;
  private memory = 0;

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
    this.spend(COST.object);
    const object: JsonObject = new Map();
    if (this.skip('}')) return object;
    for (;;) {
      if (this.text.charCodeAt(this.at) !== QUOTE) {
        throw this.failure('Expecting property name enclosed in double quotes', this.at);
      }
      this.spend(COST.member);
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
    this.spend(COST.array);
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
    const letter = this.text.charAt(end);
    if (letter === 'e' || letter === 'E') {
      const sign = this.text.charAt(end + 1);
      end = this.digitsEnd(sign === '+' || sign === '-' ? end + 2 : end + 1, end);
    }
    this.at = end;
    const literal = this.text.slice(start, end);
    this.spend(end > integerEnd ? COST.number : COST.integer + (end - start) / 2);
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
    this.spend(COST.string);
    const { value, end } = readStringLiteral(this.text, this.at);
    this.at = end;
    return value;
  }

  private spend(bytes: number): void {
    this.memory += bytes;
    if (this.memory > MAX_MEMORY) throw new OversizedBody(`The values take more than ${MAX_MEMORY} bytes`);
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
    return syntaxError(reason, this.text, index);
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
