import { extname } from 'node:path';

/** Media types of the files a web page is made of, by extension, as Python's mimetypes names them. */
const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['.avif', 'image/avif'],
  ['.bmp', 'image/bmp'],
  ['.css', 'text/css'],
  ['.csv', 'text/csv'],
  ['.gif', 'image/gif'],
  ['.htm', 'text/html'],
  ['.html', 'text/html'],
  ['.ico', 'image/vnd.microsoft.icon'],
  ['.jpeg', 'image/jpeg'],
  ['.jpg', 'image/jpeg'],
  ['.js', 'text/javascript'],
  ['.json', 'application/json'],
  ['.md', 'text/markdown'],
  ['.mjs', 'text/javascript'],
  ['.mp3', 'audio/mpeg'],
  ['.mp4', 'video/mp4'],
  ['.otf', 'font/otf'],
  ['.pdf', 'application/pdf'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.tar', 'application/x-tar'],
  ['.ttf', 'font/ttf'],
  ['.txt', 'text/plain'],
  ['.wasm', 'application/wasm'],
  ['.webm', 'video/webm'],
  ['.webmanifest', 'application/manifest+json'],
  ['.webp', 'image/webp'],
  ['.woff', 'font/woff'],
  ['.woff2', 'font/woff2'],
  ['.xml', 'text/xml'],
  ['.zip', 'application/zip'],
]);

/** Endings that name a compression; the file's type is that of what is inside. */
const COMPRESSION = /\.(gz|bz2|xz|br|Z)$/;

/**
 * The content-type value of a file, from its name alone: text types carry `charset=utf-8`, an unknown extension is
 * plain text (both as Starlette's FileResponse does).
 */
export function contentTypeOf(fileName: string): string {
  const extension = extname(fileName.replace(COMPRESSION, '')).toLowerCase();
  const type = BY_EXTENSION.get(extension) ?? 'text/plain';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}
