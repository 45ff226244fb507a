/** A text column's value and, only where it cannot hold the text, the exact form beside it. */
export interface StoredText {
  readonly readable: string;
  readonly exact: string | null;
}

/**
 * Splits a text for storage: PostgreSQL's text holds everything but U+0000. The exact form is a JSON string whose
 * backslashes are spelled \u005c, as the function wire_text reads it.
 */
export function storedText(text: string): StoredText {
  if (!text.includes('\0')) return { readable: text, exact: null };
  return { readable: text.replaceAll('\0', ''), exact: JSON.stringify(text).replaceAll('\\\\', '\\u005c') };
}

/** A double as PostgreSQL reads it back exactly; String() would lose the sign of -0. */
export function storedFloat(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
