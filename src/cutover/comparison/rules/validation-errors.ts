const BEGIN = '{"detail":[';
const END = ']}';

/** The texts of the errors in the body of a 422, as they stand there; undefined if it has another form. */
export function validationErrors(body: string): string[] | undefined {
  if (!body.startsWith(BEGIN) || !body.endsWith(END)) return undefined;
  const errors: string[] = [];
  let depth = 0;
  let start = BEGIN.length;
  for (const { text, at } of tokensOf(body, start)) {
    if (text === '{' || text === '[') depth += 1;
    if (text !== '}' && text !== ']') continue;
    depth -= 1;
    if (depth < 0) return at === body.length - END.length ? errors : undefined;
    if (depth > 0) continue;
    errors.push(body.slice(start, at + 1));
    start = at + 2;
  }
  return undefined;
}

/** The body of a 422 with these errors. */
export function bodyWithErrors(errors: readonly string[]): string {
  return `${BEGIN}${errors.join(',')}${END}`;
}

/** What an error repeats: the value of its `input`, and where that stands in the error's text; undefined if there is none. */
export function inputOf(error: string): { readonly text: string; readonly at: number } | undefined {
  let depth = 0;
  let begin: number | undefined;
  for (const { text, at } of tokensOf(error, 0)) {
    if (begin !== undefined && depth === 1 && (text === ',' || text === '}')) {
      return { text: error.slice(begin, at), at: begin };
    }
    if (text === '{' || text === '[') depth += 1;
    else if (text === '}' || text === ']') depth -= 1;
    else if (text === '"input"' && depth === 1 && error[at + text.length] === ':') begin ??= at + text.length + 1;
  }
  return undefined;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const SINGLE = new Set(['[', ']', '{', '}', ',']);

/**
 * Strings as a whole, so that what stands within them does not count, and each bracket, brace and comma. By hand: a regular
 * expression for strings needs stack for each escape, which a client may send millions of.
 */
function* tokensOf(json: string, from: number): Generator<{ readonly text: string; readonly at: number }> {
  for (let at = from; at < json.length; at++) {
    const char = json.charAt(at);
    if (SINGLE.has(char)) yield { text: char, at };
    if (json.charCodeAt(at) !== QUOTE) continue;
    let end = at + 1;
    while (end < json.length && json.charCodeAt(end) !== QUOTE) end += json.charCodeAt(end) === BACKSLASH ? 2 : 1;
    yield { text: json.slice(at, end + 1), at };
    at = end;
  }
}
