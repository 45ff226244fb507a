/** What the request line asks for. */
export interface RequestTarget {
  /** The path, percent-decoded once. */
  readonly path: string;
  /** The query as sent, without its question mark; empty if there is none. */
  readonly query: string;
}

/** httptools refuses a longer request target. */
const LONGEST_TARGET = 65_535;

// The host of an absolute form, as the URL parser of httptools 0.9 takes it: user information, a name or an address in
// brackets, a port.
const ABSOLUTE =
  /^[A-Za-z]+:\/\/(?:[\w.!~*'();:&=+$,%-]*@)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9%._~-]+)?\])(?::(\d*))?(\/[^]*)$/;

const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
const replacing = new TextDecoder('utf-8', { ignoreBOM: true });

/** Percent-decodes as UTF-8, malformed sequences becoming U+FFFD, as Python's urllib.parse.unquote does. */
export function unquote(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(ESCAPES, (run) => replacing.decode(Buffer.from(run.replaceAll('%', ''), 'hex')));
}

/**
 * Reads the target of a request line: origin form or absolute form, of which only the path counts.
 *
 * @returns null for a target that the old server's parser (httptools 0.9) refuses.
 */
export function readTarget(target: string): RequestTarget | null {
  if (target.length > LONGEST_TARGET) return null;
  let local = target;
  if (!/^[/*]/.test(target)) {
    const absolute = ABSOLUTE.exec(target);
    if (absolute === null || Number(absolute[1] ?? 0) > 65_535) return null;
    local = absolute[2] ?? '';
  }
  const fragment = local.indexOf('#');
  if (fragment >= 0) local = local.slice(0, fragment);
  const mark = local.indexOf('?');
  return mark < 0
    ? { path: unquote(local), query: '' }
    : { path: unquote(local.slice(0, mark)), query: local.slice(mark + 1) };
}
