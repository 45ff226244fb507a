import { COMPRESSIONS, SHORT_FORMS, TYPES } from './python-media-types';

/**
 * Endings whose type is not that of Python's own table: JavaScript as the recordings of the old server have it, and what a
 * page is made of that the table does not know, as Debian's /etc/mime.types names it.
 */
export const OTHERWISE: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.md': 'text/markdown',
  '.mjs': 'text/javascript',
  '.otf': 'font/otf',
  '.ttf': 'font/ttf',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

const BY_EXTENSION = new Map([...Object.entries(TYPES), ...Object.entries(OTHERWISE)]);
const FULL_FORMS = new Map(Object.entries(SHORT_FORMS));

/**
 * The content-type value of a file, from its name alone, as Starlette 0.27's FileResponse and Python 3.11's
 * mimetypes.guess_type find it: text types carry `charset=utf-8`, an unknown ending is plain text.
 */
export function contentTypeOf(fileName: string): string {
  let [base, ending] = splitEnding(fileName);
  for (let full = FULL_FORMS.get(ending.toLowerCase()); full !== undefined;) {
    [base, ending] = splitEnding(base + full);
    full = FULL_FORMS.get(ending.toLowerCase());
  }
  if (COMPRESSIONS.includes(ending)) [, ending] = splitEnding(base);
  const type = BY_EXTENSION.get(ending.toLowerCase()) ?? 'text/plain';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** The name and its ending, as posixpath.splitext: dots at the beginning of a file's name begin no ending. */
function splitEnding(path: string): [base: string, ending: string] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const leading = /^\.*/.exec(name)?.[0].length ?? 0;
  const dot = name.lastIndexOf('.');
  const at = path.length - name.length + dot;
  return dot < leading ? [path, ''] : [path.slice(0, at), path.slice(at)];
}
