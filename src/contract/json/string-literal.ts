import { hasLoneSurrogate, isHighSurrogate, isLowSurrogate, REPLACEMENT } from './surrogates';
import { syntaxError } from './syntax-error';

/** `end` is the index after the closing quote. */
export interface StringLiteral {
  readonly value: string;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FOUR_HEX_DIGITS = /^[0-9a-fA-F]{4}$/;
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

/**
 * Reads the string literal that starts at `quote`, as Python's json module does; proper pairs of escaped surrogates
 * become one character, others stay as they are.
 *
 * @throws JsonSyntaxError
 */
export function readStringLiteral(text: string, quote: number): StringLiteral {
  let escaped = false;
  for (let at = quote + 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      const value = escaped ? unescape(text.slice(quote, at + 1)) : text.slice(quote + 1, at);
      if (value === undefined) break;
      return { value, end: at + 1 };
    }
    if (unit < 0x20) break;
    if (unit === BACKSLASH) {
      escaped = true;
      at += 1;
    }
  }
  return new StringReader(text, quote).read();
}

/** A complete literal has the same meaning to JSON.parse and Python, unless surrogates stood in the body's bytes. */
function unescape(literal: string): string | undefined {
  if (hasLoneSurrogate(literal)) return undefined;
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

/** Reads character by character, for the message and position of an error and for surrogates in the body's bytes. */
class StringReader {
  private at: number;
  private readonly parts: string[] = [];

  constructor(
    private readonly text: string,
    private readonly quote: number,
  ) {
    this.at = quote + 1;
  }

  read(): StringLiteral {
    for (;;) {
      const start = this.at;
      const end = this.plainEnd();
      if (end > start) this.parts.push(this.text.slice(start, end));
      this.at = end + 1;
      if (this.text.charCodeAt(end) === QUOTE) return { value: this.parts.join(''), end: this.at };
      this.parts.push(this.readEscape());
    }
  }

  /** The index of the next quote or backslash. */
  private plainEnd(): number {
    for (let at = this.at; at < this.text.length; at += 1) {
      const unit = this.text.charCodeAt(at);
      if (unit === QUOTE || unit === BACKSLASH) return at;
      if (unit < 0x20) throw syntaxError('Invalid control character at', this.text, at);
    }
    throw this.unterminated();
  }

  /** Reads on after a backslash. */
  private readEscape(): string {
    const letter = this.text.charAt(this.at);
    if (letter === '') throw this.unterminated();
    if (letter !== 'u') {
      const character = ESCAPES.get(letter);
      if (character === undefined) throw syntaxError('Invalid \\escape', this.text, this.at - 1);
      this.at += 1;
      return character;
    }
    const beforeEscape = this.text.charCodeAt(this.at - 2);
    const unit = this.readHexUnit();
    if (isLowSurrogate(unit)) return isHighSurrogate(beforeEscape) ? REPLACEMENT : String.fromCharCode(unit);
    return isHighSurrogate(unit) ? this.readSecondHalf(unit) : String.fromCharCode(unit);
  }

  /**
   * After the escape of a high surrogate: the pair if the escape of a low one follows. An escaped half never pairs
   * with one that stood in the body's bytes; where the two would meet, the escaped one gives way.
   */
  private readSecondHalf(unit: number): string {
    if (this.text.startsWith('\\u', this.at)) {
      const backslash = this.at;
      this.at += 1;
      const second = this.readHexUnit();
      if (isLowSurrogate(second)) return String.fromCharCode(unit, second);
      this.at = backslash;
    }
    return isLowSurrogate(this.text.charCodeAt(this.at)) ? REPLACEMENT : String.fromCharCode(unit);
  }

  /** From the `u` of an escape on. Python wants a fifth character after it, be it only the closing quote. */
  private readHexUnit(): number {
    const digits = this.text.slice(this.at + 1, this.at + 5);
    if (!FOUR_HEX_DIGITS.test(digits) || this.at + 5 >= this.text.length) {
      throw syntaxError('Invalid \\uXXXX escape', this.text, this.at);
    }
    this.at += 5;
    return Number.parseInt(digits, 16);
  }

  private unterminated(): Error {
    return syntaxError('Unterminated string starting at', this.text, this.quote);
  }
}
