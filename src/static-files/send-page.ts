import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/**
 * Answers 200 with an HTML file and exactly the headers of the contract's pages: content-type and content-length.
 * The file is read on each request, so that a page edited in place is served as it stands. For HEAD, Node drops the body.
 * @throws the file system's error, nothing being sent
 */
export async function sendPage(res: ServerResponse, file: string): Promise<void> {
  const page = await readFile(file);
  res.statusCode = 200;
  res.setHeader('content-type', 'text/html; charset=utf-8');
  res.setHeader('content-length', page.length);
  res.end(page);
}
